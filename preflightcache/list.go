package preflightcache

// A link is an element of a doubly linked ring of Ts, or the ring's head. It is
// part of the T it belongs to, so that moving one between rings allocates
// nothing.
type link[T any] struct {
	prev, next *link[T]
	owner      *T // nil for the head
}

// reset makes l the head of an empty ring.
func (l *link[T]) reset() { l.prev, l.next = l, l }

// empty reports whether the ring that l is the head of has no elements.
func (l *link[T]) empty() bool { return l.next == l }

// insert puts e behind l.
func (l *link[T]) insert(e *link[T]) {
	e.prev, e.next = l, l.next
	e.prev.next, e.next.prev = e, e
}

// unlink takes e out of its ring.
func (e *link[T]) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
	e.prev, e.next = nil, nil
}

// moveTo takes e out of its ring and puts it behind l.
func (e *link[T]) moveTo(l *link[T]) {
	e.unlink()
	l.insert(e)
}
