/// Names of events elsewhere, and the topics that they are here.
///
/// A name of somebody's own table is asked first, then the shipped one; a name in neither keeps
/// itself. Names are compared by their ASCII letters and digits alone, so that `Product Viewed`,
/// `product viewed` and `product_viewed` are one.
struct TopicTable: Sendable {
  private let topics: [[UInt8]: [UInt8]]

  init(_ shipped: [(name: StaticString, topic: StaticString)], own: [TopicRename]) {
    var topics: [[UInt8]: [UInt8]] = [:]
    for entry in shipped {
      topics[TopicTable.folded(Array("\(entry.name)".utf8))] = Array("\(entry.topic)".utf8)
    }
    for rename in own { topics[TopicTable.folded(rename.name)] = rename.topic }
    self.topics = topics
  }

  /// The topic that a name stands for, or nil when it keeps its own.
  func topic(for name: some Collection<UInt8>) -> [UInt8]? { topics[TopicTable.folded(name)] }

  /// Lower-case letters, digits and dots; everything between two words is one underscore.
  private static func folded(_ name: some Collection<UInt8>) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(name.count)
    var isBetween = false
    for byte in name {
      switch byte {
      case 0x41...0x5a, 0x61...0x7a, 0x30...0x39, 0x2e, 0x24, 0x80...:
        if isBetween, !key.isEmpty { key.append(UInt8(ascii: "_")) }
        isBetween = false
        key.append((0x41...0x5a).contains(byte) ? byte | 0x20 : byte)
      default: isBetween = true
      }
    }
    return key
  }
}

/// A line of somebody's own table of topics.
package struct TopicRename: Sendable, Equatable {
  /// The name as the messages have it.
  package var name: [UInt8]
  /// The topic that the ledger gives it.
  package var topic: [UInt8]

  package init(name: [UInt8], topic: [UInt8]) {
    self.name = name
    self.topic = topic
  }
}

extension TopicTable {
  /// Subjects of Hanzo commerce, without `commerce.`.
  ///
  /// - Source: docs/vocabularies.md, Hanzo commerce.
  static let commerce: [(name: StaticString, topic: StaticString)] = [
    ("order.created", "order.created"),
    ("order.completed", "order.payment.succeeded"),
    ("order.refunded", "order.refunded"),
    ("order.canceled", "order.cancelled"),
    ("checkout.started", "checkout.started"),
    ("checkout.failed", "order.payment.failed"),
    ("product.viewed", "product.viewed"),
  ]

  /// Names that sites and apps give their events: Segment's commerce names, GA4's, and those of
  /// Hanzo's browser tag.
  ///
  /// - Source: docs/vocabularies.md, web events.
  static let web: [(name: StaticString, topic: StaticString)] = [
    ("Products Searched", "product.searched"),
    ("search", "product.searched"),
    ("view_search_results", "product.searched"),
    ("Product Viewed", "product.viewed"),
    ("view_item", "product.viewed"),
    ("Product Added", "cart.item.added"),
    ("add_to_cart", "cart.item.added"),
    ("Product Removed", "cart.item.removed"),
    ("remove_from_cart", "cart.item.removed"),
    ("Cart Viewed", "cart.viewed"),
    ("view_cart", "cart.viewed"),
    ("Checkout Started", "checkout.started"),
    ("begin_checkout", "checkout.started"),
    ("Checkout Step Viewed", "checkout.step.viewed"),
    ("Checkout Step Completed", "checkout.step.completed"),
    ("Payment Info Entered", "checkout.payment_info.entered"),
    ("add_payment_info", "checkout.payment_info.entered"),
    ("add_shipping_info", "checkout.shipping_info.entered"),
    ("Order Completed", "order.payment.succeeded"),
    ("purchase", "order.payment.succeeded"),
    ("Order Refunded", "order.refunded"),
    ("refund", "order.refunded"),
    ("Order Cancelled", "order.cancelled"),
    ("Order Canceled", "order.cancelled"),
    ("Email Opened", "email.opened"),
    ("Email Delivered", "email.delivered"),
    ("Email Bounced", "email.bounced"),
    ("login", "customer.identified"),
    ("$identify", "customer.identified"),
    ("$pageview", "page.viewed"),
    ("page_view", "page.viewed"),
    ("screen_view", "screen.viewed"),
  ]
}
