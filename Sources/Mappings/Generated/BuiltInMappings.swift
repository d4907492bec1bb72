// Written by scripts/embed_mappings.sh from examples/mappings: change those, then run it.

/// The shipped mappings, by name.
let builtInMappings: [(name: String, text: String)] = [
  (
    "complete-journey",
    #"""
    # The Complete Journey's transactions: one line of a basket a row. sales_value is what the line cost,
    # discounts taken off, so it is the amount of a payment; a price of one piece is not told.
    # All lines of a basket have one time: its items are in the cart before the first payment closes the
    # purchase, and its payments add up.
    name: complete-journey
    about:
      dataset: The Complete Journey (84.51°), transactions
      url: https://bradleyboehmke.github.io/completejourney/
      licence: CC0 1.0
    source: /datasets/complete-journey
    input:
      format: csv
      nulls: [NA]
    fields:
      id: "{basket_id}-{product_id}"
      # The files name no zone; the shops are in the United States. UTC keeps their clock's reading.
      time: {column: transaction_timestamp, format: "yyyy-MM-dd HH:mm:ss"}
      customer_id: household_id
      order_id: basket_id
      item_id: product_id
      quantity: quantity
      currency: {constant: USD}
      data:
        store_id: store_id
        retail_disc: {column: retail_disc, as: number}
        coupon_disc: {column: coupon_disc, as: number}
        coupon_match_disc: {column: coupon_match_disc, as: number}
        week: {column: week, as: integer}
    events:
      - topic: cart.item.added
      - id: "{basket_id}-{product_id}-paid"
        topic: order.payment.succeeded
        payment_id: "{basket_id}-{product_id}"
        amount: sales_value

    """#
  ),
  (
    "diginetica-purchases",
    #"""
    # Diginetica's train-purchases.csv: one bought item a line, no prices. Sessions join the views'.
    # The same item may stand twice in an order, so the line number is part of the ids.
    name: diginetica-purchases
    about:
      dataset: CIKM Cup 2016 track 2 (Diginetica), purchases
      url: https://competitions.codalab.org/competitions/11161
      licence: none stated
    source: /datasets/diginetica
    input:
      format: csv
      separator: ";"
      nulls: [NA]
    fields:
      time:
        column: eventdate
        format: yyyy-MM-dd
        plus: {column: timeframe, unit: ms}
      visitor_id: sessionId
      session_id: sessionId
      customer_id: userId
      order_id: ordernumber
    events:
      - id: "{sessionId}-{ordernumber}-{itemId}-{line}-order"
        topic: order.created
        items: {item_id: itemId}
      - id: "{sessionId}-{ordernumber}-{itemId}-{line}-paid"
        topic: order.payment.succeeded
        payment_id: "{ordernumber}-{line}"
        item_id: itemId

    """#
  ),
  (
    "diginetica-views",
    #"""
    # Diginetica's train-item-views.csv: semicolons, NA for nothing, and no clock: the time is the
    # session's date plus the milliseconds since it began.
    name: diginetica-views
    about:
      dataset: CIKM Cup 2016 track 2 (Diginetica), item views
      url: https://competitions.codalab.org/competitions/11161
      licence: none stated
    source: /datasets/diginetica
    input:
      format: csv
      separator: ";"
      nulls: [NA]
    fields:
      id: "{session_id}-{item_id}-{timeframe}-view"
      topic: product.viewed
      time:
        column: eventdate
        format: yyyy-MM-dd
        plus: {column: timeframe, unit: ms}
      # Most visits are anonymous: the session stands for the visitor, the user for the customer.
      visitor_id: session_id
      session_id: session_id
      customer_id: user_id
      item_id: item_id

    """#
  ),
  (
    "otto",
    #"""
    # OTTO's sessions: one JSON object a line, a shopper's four weeks of events inside.
    # An "orders" event names one item and is an order: an order's lines are told once, so that several
    # of one moment under one id would lose all items but the first.
    name: otto
    about:
      dataset: OTTO Recommender Systems Dataset (clicks, carts, orders)
      url: https://github.com/otto-de/recsys-dataset
      licence: MIT
    source: /datasets/otto
    input:
      format: json_lines
      each: events
    fields:
      id: "{session}-{element}"
      time: {column: events.ts, format: epoch_ms}
      visitor_id: session
      item_id: events.aid
    events:
      - when: {column: events.type, not: true, equals: orders}
        topic:
          column: events.type
          map: {clicks: product.viewed, carts: cart.item.added}
          unknown: reject
      # Ordering is something the shopper does, being charged is not: hence two events.
      - when: {column: events.type, equals: orders}
        id: "{session}-{element}-order"
        topic: order.created
        order_id: "{session}-{element}"
        item_id: ~
        items: {item_id: events.aid}
      - when: {column: events.type, equals: orders}
        id: "{session}-{element}-paid"
        topic: order.payment.succeeded
        order_id: "{session}-{element}"
        payment_id: "{session}-{element}"

    """#
  ),
  (
    "rees46",
    #"""
    # REES46's monthly files (2019-Oct.csv and so on, the cosmetics and electronics shops too).
    # A purchase line names one item; the purchases of one session are one order.
    # Lines have no id of their own and repeat, so the line number is part of the event's id: import a
    # file as it was published, not a re-sorted copy of it.
    name: rees46
    about:
      dataset: eCommerce behavior data from multi category store (REES46 Open CDP)
      url: https://rees46.com/en/datasets
      licence: free to use with a link to REES46
    source: /datasets/rees46
    input:
      format: csv
    fields:
      id: "{user_id}-{event_time}-{line}"
      time:
        column: event_time
        format: "yyyy-MM-dd HH:mm:ss UTC"
      visitor_id: user_id
      session_id: user_session
      item_id: product_id
      unit_price: price
      currency: {constant: USD}
      data:
        category_id: category_id
        category: category_code
        brand: brand
    events:
      - when: {column: event_type, not: true, equals: purchase}
        topic:
          column: event_type
          map:
            view: product.viewed
            cart: cart.item.added
            remove_from_cart: cart.item.removed
          unknown: reject
      # Ordering is something the shopper does, being charged is not: hence two events.
      - when: {column: event_type, equals: purchase}
        id: "{user_id}-{event_time}-{line}-order"
        topic: order.created
        order_id: user_session
        item_id: ~
        unit_price: ~
        items: {item_id: product_id, quantity: {constant: 1}, unit_price: price}
      - when: {column: event_type, equals: purchase}
        id: "{user_id}-{event_time}-{line}-paid"
        topic: order.payment.succeeded
        order_id: user_session
        payment_id: "{user_session}-{line}"
        amount: price

    """#
  ),
  (
    "retailrocket",
    #"""
    # Retailrocket's events.csv. There are no prices; a transaction names one item a line.
    name: retailrocket
    about:
      dataset: Retailrocket recommender system dataset
      url: https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset
      licence: CC BY-NC-SA 4.0
    source: /datasets/retailrocket
    input:
      format: csv
    fields:
      id: "{visitorid}-{timestamp}-{itemid}-{event}"
      time: {column: timestamp, format: epoch_ms}
      visitor_id: visitorid
      item_id: itemid
    events:
      - when: {column: event, not: true, equals: transaction}
        topic:
          column: event
          map: {view: product.viewed, addtocart: cart.item.added}
          unknown: reject
      # Ordering is something the shopper does, being charged is not: hence two events.
      - when: {column: event, equals: transaction}
        id: "{visitorid}-{timestamp}-{itemid}-order"
        topic: order.created
        order_id: transactionid
        item_id: ~
        items: {item_id: itemid}
      - when: {column: event, equals: transaction}
        id: "{visitorid}-{timestamp}-{itemid}-paid"
        topic: order.payment.succeeded
        order_id: transactionid
        payment_id: "{transactionid}-{itemid}"

    """#
  ),
  (
    "retentioneering-ecom",
    #"""
    # retentioneering's ecom.csv: pages and steps of a shop, without items or prices.
    #
    # Every row becomes an event that a person makes, so that sessions (30 minutes of silence) come out as
    # the dataset's own 3,605. Roles follow the topics' default table, no options are needed:
    # * what helps to find something (home, catalogue, search, filters, comparing) is product.searched;
    # * what looks at a product (its page, its reviews, putting it on a wish list) is product.viewed;
    # * a promotion's page is ad.clicked, the account's page customer.identified;
    # * chat and error pages have no topic of their own among the defaults and are customer.identified
    #   too: that role belongs to a session and takes no part in sequences, which is just right here.
    # The page's name stays in data.page.
    #
    # A purchase and a payment error are two events each: what the person did, and what came of it.
    name: retentioneering-ecom
    about:
      dataset: retentioneering ecom (synthetic)
      url: https://github.com/retentioneering/retentioneering-tools
      licence: Apache-2.0
    source: /datasets/retentioneering-ecom
    input:
      format: csv
    fields:
      id: "{session_id}-{timestamp}-{event}-{line}"
      time: {column: timestamp, format: "yyyy-MM-dd HH:mm:ss"}
      visitor_id: user_id
      session_id: session_id
      channel: acquisition_channel
      data:
        page: event
        platform: platform
        user_cohort: user_cohort
        user_lifecycle: user_lifecycle
    events:
      - topic:
          column: event
          map:
            home: product.searched
            catalog: product.searched
            search: product.searched
            filter_results: product.searched
            compare: product.searched
            product_view: product.viewed
            review_page: product.viewed
            wishlist_add: product.viewed
            promo_page: ad.clicked
            account_page: customer.identified
            support_chat: customer.identified
            error_page: customer.identified
            add_to_cart: cart.item.added
            cart: cart.viewed
            shipping_details: checkout.shipping
            payment_details: checkout.payment
            checkout_bug: checkout.failed
            purchase: order.created
            payment_error: order.payment.attempted
          unknown: reject
        order_id:
          template: "{session_id}-{line}"
          when: {column: event, equals: purchase}
      - when: {column: event, equals: purchase}
        id: "{session_id}-{timestamp}-{event}-{line}-paid"
        topic: order.payment.succeeded
        order_id: "{session_id}-{line}"
      - when: {column: event, equals: payment_error}
        id: "{session_id}-{timestamp}-{event}-{line}-failed"
        topic: order.payment.failed

    """#
  ),
  (
    "simple-onlineshop",
    #"""
    # retentioneering's simple-onlineshop.csv: the steps of a small shop with two products.
    # "lost" rows are marks that the authors added where a path ends; they are no events.
    name: simple-onlineshop
    about:
      dataset: retentioneering simple-onlineshop (partly synthetic)
      url: https://github.com/retentioneering/retentioneering-tools
      licence: MPL-2.0
    source: /datasets/simple-onlineshop
    input:
      format: csv
    skip:
      - {column: event, equals: lost}
    fields:
      id: "{user_id}-{timestamp}-{event}"
      time: {column: timestamp, format: "yyyy-MM-dd HH:mm:ss[.SSSSSS]"}
      visitor_id: user_id
      item_id:
        column: event
        when: {column: event, prefix: product}
      data:
        page: event
    events:
      - topic:
          column: event
          map:
            main: product.searched
            catalog: product.searched
            product1: product.viewed
            product2: product.viewed
            cart: cart.viewed
            delivery_choice: checkout.delivery.choice
            delivery_courier: checkout.delivery.courier
            delivery_pickup: checkout.delivery.pickup
            payment_choice: checkout.payment.choice
            payment_card: checkout.payment.card
            payment_cash: checkout.payment.cash
            payment_done: order.created
          unknown: reject
        order_id:
          template: "{user_id}-{timestamp}"
          when: {column: event, equals: payment_done}
      - when: {column: event, equals: payment_done}
        id: "{user_id}-{timestamp}-{event}-paid"
        topic: order.payment.succeeded
        order_id: "{user_id}-{timestamp}"

    """#
  ),
  (
    "uci-online-retail",
    #"""
    # UCI Online Retail: one line of an invoice a row, a British gift shop, mostly to wholesalers.
    #
    # * A sold line becomes a cart.item.added and an order.payment.succeeded of its value. All lines of an
    #   invoice have one time, so its items are in the cart before the first payment closes the purchase,
    #   and its payments add up.
    # * Lines that are no goods (postage, fees, discounts, samples) are paid for but never in the cart.
    # * Invoices with C are credit notes with a number of their own; they do not name the invoice that they
    #   take back. They become order.refunded of the customer, kept though on no order.
    # * Other negative quantities are stock corrections (damages, losses): inventory.adjusted.
    # * Invoices with A correct debts and are skipped.
    # * Without CustomerID (a quarter of the lines) the invoice stands for the visitor.
    # * Rows repeat and have no id, so the line number is part of the event's id: import files as they
    #   were published, not re-sorted.
    name: uci-online-retail
    about:
      dataset: Online Retail, UCI Machine Learning Repository (Chen, Sain and Guo 2012)
      url: https://archive.ics.uci.edu/dataset/352/online+retail
      licence: CC BY 4.0
    source: /datasets/uci-online-retail
    input:
      format: csv
    skip:
      - {column: InvoiceNo, prefix: A}
    fields:
      id: "{InvoiceNo}-{StockCode}-{line}"
      time:
        column: InvoiceDate
        format: ["yyyy-MM-dd HH:mm:ss", "M/d/yyyy H:mm"]
        zone: Europe/London
      customer_id: {column: CustomerID, strip_suffix: ".0"}
      visitor_id:
        template: "invoice-{InvoiceNo}"
        when: {column: CustomerID, empty: true}
      order_id: InvoiceNo
      item_id: StockCode
      quantity: Quantity
      unit_price: {column: UnitPrice, rounding: nearest}
      currency: {constant: GBP}
      data:
        description: Description
        country: Country
    events:
      - when:
          - {column: InvoiceNo, not: true, prefix: C}
          - {column: Quantity, not: true, prefix: "-"}
          - {column: StockCode, prefix: ["1", "2", "3", "4", "5", "6", "7", "8", "9"]}
        topic: cart.item.added
      - when:
          - {column: InvoiceNo, not: true, prefix: C}
          - {column: Quantity, not: true, prefix: "-"}
        id: "{InvoiceNo}-{StockCode}-{line}-paid"
        topic: order.payment.succeeded
        payment_id: "{InvoiceNo}-{line}"
        amount: {column: UnitPrice, rounding: nearest, times: Quantity}
      - when: {column: InvoiceNo, prefix: C}
        id: "{InvoiceNo}-{StockCode}-{line}-refunded"
        topic: order.refunded
        quantity: {column: Quantity, sign: absolute}
        amount: {column: UnitPrice, rounding: nearest, times: Quantity, sign: absolute}
      - when:
          - {column: InvoiceNo, not: true, prefix: C}
          - {column: Quantity, prefix: "-"}
        id: "{InvoiceNo}-{StockCode}-{line}-adjusted"
        topic: inventory.adjusted
        # Nobody bought anything: no order, no visitor.
        order_id: ~
        visitor_id: ~

    """#
  ),
  (
    "yoochoose-buys",
    #"""
    # yoochoose-buys.dat as it was published: no header, one bought item a line. The lines of a session
    # are one order. Prices are whole units; 0 stands for a price that was not told.
    name: yoochoose-buys
    about:
      dataset: RecSys Challenge 2015 (YooChoose), buys
      url: https://www.kaggle.com/datasets/chadgostopp/recsys-challenge-2015
      licence: CC BY-NC-ND 4.0
    source: /datasets/yoochoose
    input:
      format: csv
      header: false
      columns: [session, timestamp, item, price, quantity]
    fields:
      time: {column: timestamp, format: rfc3339}
      visitor_id: session
      session_id: session
      order_id: session
      currency: {constant: EUR}
    events:
      - id: "{session}-{timestamp}-{item}-{line}-order"
        topic: order.created
        items:
          item_id: item
          quantity: {column: quantity, nulls: "0"}
          unit_price: {column: price, nulls: "0"}
      - id: "{session}-{timestamp}-{item}-{line}-paid"
        topic: order.payment.succeeded
        payment_id: "{session}-{line}"
        item_id: item
        amount: {column: price, nulls: "0", times: quantity}

    """#
  ),
  (
    "yoochoose-clicks",
    #"""
    # yoochoose-clicks.dat as it was published: no header, RFC 3339 times.
    name: yoochoose-clicks
    about:
      dataset: RecSys Challenge 2015 (YooChoose), clicks
      url: https://www.kaggle.com/datasets/chadgostopp/recsys-challenge-2015
      licence: CC BY-NC-ND 4.0
    source: /datasets/yoochoose
    input:
      format: csv
      header: false
      columns: [session, timestamp, item, category]
    fields:
      id: "{session}-{timestamp}-{item}"
      topic: product.viewed
      time: {column: timestamp, format: rfc3339}
      visitor_id: session
      session_id: session
      item_id: item
      data:
        category: category

    """#
  ),
  (
    "yoochoose",
    #"""
    # The clicks of RecSys 2015 in the form that session recommenders pass around: a header
    # uid,timestamp,sid with fractional seconds. The original files: yoochoose-clicks, yoochoose-buys.
    name: yoochoose
    about:
      dataset: RecSys Challenge 2015 (YooChoose), clicks
      url: https://www.kaggle.com/datasets/chadgostopp/recsys-challenge-2015
      licence: CC BY-NC-ND 4.0
    source: /datasets/yoochoose
    input:
      format: csv
    fields:
      id: "{uid}-{timestamp}-{sid}"
      topic: product.viewed
      time: {column: timestamp, format: epoch_s}
      # A session is all that is known of a shopper.
      visitor_id: uid
      session_id: uid
      item_id: sid

    """#
  ),
]
