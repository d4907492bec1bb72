import CKernels

/// Memory for `count` elements, with what `old` holds of them: grown where it lies if that can be,
/// so that no second copy stands beside a large one.
@inline(never)
func growMemory<Element>(_ old: UnsafeMutablePointer<Element>?, to count: Int)
  -> UnsafeMutablePointer<Element>
{
  daybook_grow(old, count * MemoryLayout<Element>.stride)
    .assumingMemoryBound(to: Element.self)
}

/// Gives back what `growMemory` gave.
func releaseMemory<Element>(_ memory: UnsafeMutablePointer<Element>) { daybook_release(memory) }
