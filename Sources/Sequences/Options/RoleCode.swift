/// The raw values of roles as constants: asking an enum of another target is a call, which hot
/// loops would make several times an event.
enum RoleCode {
  static let ad: UInt8 = 0
  static let search: UInt8 = 1
  static let view: UInt8 = 2
  static let identify: UInt8 = 3
  static let cart: UInt8 = 4
  static let cartAdd: UInt8 = 5
  static let cartRemove: UInt8 = 6
  static let cartClear: UInt8 = 7
  static let checkout: UInt8 = 8
  static let order: UInt8 = 9
  static let paymentAttempt: UInt8 = 10
  static let paymentFailure: UInt8 = 11
  static let paymentSuccess: UInt8 = 12
  static let fulfilment: UInt8 = 13
  static let refund: UInt8 = 14
  static let cancel: UInt8 = 15
  static let machine: UInt8 = 16
  static let other: UInt8 = 17
}
