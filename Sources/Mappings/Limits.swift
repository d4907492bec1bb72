// Named limits of this target, each with its reason.
enum Limits {}
