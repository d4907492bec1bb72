/// Digits after the point of a currency's amounts in major units; two where nothing else is known.
///
/// - Shape: a code as events tell it, in capitals or not.
/// - Source: ISO 4217, list one.
package func minorDigits(ofCurrency code: some Sequence<UInt8>) -> Int {
  switch String(decoding: Array(code), as: UTF8.self).uppercased() {
  case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF":
    0
  case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
  case "CLF", "UYW": 4
  default: 2
  }
}
