package valkeycache

import (
	"fmt"
	"testing"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// A fakeLocal is a local whose clock the test moves.
type fakeLocal struct {
	*local
	time time.Time
}

func newFakeLocal(change ...func(*Options)) *fakeLocal {
	o := Options{Addrs: []string{"-"}}
	for _, f := range change {
		f(&o)
	}
	o, err := o.withDefaults()
	if err != nil {
		panic(err)
	}
	l := &fakeLocal{time: time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)}
	l.local = newLocal(&o, func() time.Time { return l.time }, newKeyspace("test"))
	return l
}

// put returns the entries of a value that grants PUT for an hour.
func put() entries { return entries{{name: "PUT", expires: time.Hour}} }

func (l *fakeLocal) ask(k preflightcache.Key) knowledge {
	return l.covers(k, false, "PUT", nil)
}

// read ends a command that has found PUT granted.
func (l *fakeLocal) read(c *command) bool { return l.endRead(c, put(), false, "PUT", nil) }

// TestOrders checks that, in whichever order replies, notices and failures come, no
// copy stays that might be older than what has happened to the value. The cases
// are all about one key, for which a read has been sent at first. They are
// written down from this reasoning: a reply tells what the value was at some
// moment after the command was begun, so it may be kept if nothing that changes
// the value was begun before its end, nor noticed after its beginning.
func TestOrders(t *testing.T) {
	name := newKeyspace("test").name(digestOf(page))
	tests := []struct {
		name string
		run  func(l *fakeLocal, read *command) (answer bool)
		want bool      // the answer to the one who has asked
		copy knowledge // afterwards
	}{
		{"nothing happens", func(l *fakeLocal, r *command) bool {
			return l.read(r)
		}, true, granted},
		{"nothing is there", func(l *fakeLocal, r *command) bool {
			return l.endRead(r, nil, false, "PUT", nil)
		}, false, unknown},
		{"a notice before the reply", func(l *fakeLocal, r *command) bool {
			l.invalidate(name)
			return l.read(r)
		}, true, unknown},
		{"a notice after the reply", func(l *fakeLocal, r *command) bool {
			ok := l.read(r)
			l.invalidate(name)
			return ok
		}, true, unknown},
		{"a notice about another key", func(l *fakeLocal, r *command) bool {
			l.invalidate(newKeyspace("test").name(digestOf(keyOf(1))))
			return l.read(r)
		}, true, granted},
		{"the connection is lost before the reply", func(l *fakeLocal, r *command) bool {
			l.invalidateAll()
			return l.read(r)
		}, true, unknown},
		{"the connection is lost after the reply", func(l *fakeLocal, r *command) bool {
			ok := l.read(r)
			l.invalidateAll()
			return ok
		}, true, unknown},
		{"a Clear begins before the reply", func(l *fakeLocal, r *command) bool {
			c := l.begin(page, true)
			ok := l.read(r)
			l.endClear(c)
			return ok
		}, true, unknown},
		{"a Clear ends before the reply", func(l *fakeLocal, r *command) bool {
			l.endClear(l.begin(page, true))
			return l.read(r)
		}, true, unknown},
		{"a Clear begins after the reply", func(l *fakeLocal, r *command) bool {
			ok := l.read(r)
			l.begin(page, true)
			return ok
		}, true, unknown},
		{"a read begins and ends during a Clear", func(l *fakeLocal, r *command) bool {
			l.endRead(r, nil, false, "PUT", nil)
			c := l.begin(page, true)
			ok := l.read(l.begin(page, false))
			l.endClear(c)
			return ok
		}, true, unknown},
		{"a read begins during a Clear and ends after it", func(l *fakeLocal, r *command) bool {
			c := l.begin(page, true)
			second := l.begin(page, false)
			l.endClear(c)
			l.read(r)
			return l.read(second)
		}, true, unknown},
		{"a Clear fails before the reply", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), 0)
			return l.read(r)
		}, false, denied},
		{"a Clear fails after the reply", func(l *fakeLocal, r *command) bool {
			ok := l.read(r)
			l.fail(l.begin(page, true), 0)
			return ok
		}, true, denied},
		{"a Clear fails and another succeeds", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), 0)
			l.endClear(l.begin(page, true))
			return l.read(r)
		}, true, unknown},
		{"a Clear fails while another is under way", func(l *fakeLocal, r *command) bool {
			second := l.begin(page, true)
			l.fail(l.begin(page, true), 0)
			l.endClear(second) // perhaps carried out before what the first was to end
			return l.read(r)
		}, false, denied},
		{"a Store fails and may still be carried out", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), time.Second)
			c := l.begin(page, true)
			if !c.early {
				t.Error("a Clear is not taken to be early")
			}
			l.endClear(c)
			return l.read(r)
		}, false, denied},
		{"a Clear follows when the Store is out of the way", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), time.Second)
			l.time = l.time.Add(time.Second)
			l.endClear(l.begin(page, true))
			return l.read(r)
		}, true, unknown},
		{"a Clear that was sent early is carried out late", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), time.Second)
			c := l.begin(page, true)
			l.time = l.time.Add(time.Second)
			l.endClear(c)
			return l.read(r)
		}, false, denied},
		{"a replacing Store ends a denial", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), 0)
			l.endStore(l.begin(page, true), put())
			return l.read(r)
		}, true, granted},
		{"a Store that did not replace does not", func(l *fakeLocal, r *command) bool {
			c := l.begin(page, true)
			l.fail(l.begin(page, true), 0)
			l.endStore(c, put())
			return l.read(r)
		}, false, denied},
		{"a Store leaves a copy", func(l *fakeLocal, r *command) bool {
			l.endStore(l.begin(page, true), put())
			return l.endRead(r, nil, false, "PUT", nil) // read before
		}, false, granted},
		{"a notice comes during a Store", func(l *fakeLocal, r *command) bool {
			c := l.begin(page, true)
			l.invalidate(name)
			l.endStore(c, put())
			return l.read(r)
		}, true, unknown},
		{"two Stores at the same time", func(l *fakeLocal, r *command) bool {
			first, second := l.begin(page, true), l.begin(page, true)
			l.endStore(first, put())
			l.endStore(second, put())
			return l.read(r)
		}, true, unknown},
		{"a read that was begun during a Store ends after it", func(l *fakeLocal, r *command) bool {
			l.endRead(r, nil, false, "PUT", nil)
			c := l.begin(page, true)
			second := l.begin(page, false)
			l.endStore(c, nil) // has ended PUT
			return l.read(second)
		}, true, unknown},
		{"a Store ends what there is", func(l *fakeLocal, r *command) bool {
			ok := l.read(r)
			l.endStore(l.begin(page, true), nil)
			return ok
		}, true, unknown},
		{"a read fails", func(l *fakeLocal, r *command) bool {
			l.fail(r, 0)
			return false
		}, false, unknown},
		{"a Clear of a denied key along with another command", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), 0)
			for _, c := range l.riders(nil) {
				l.endRider(c, true)
			}
			return l.read(r)
		}, true, unknown},
		{"which would be too early", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), time.Second)
			for _, c := range l.riders(nil) {
				l.endRider(c, true)
			}
			return l.read(r)
		}, false, denied},
		{"which is not", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), time.Second)
			for range 2 {
				for _, c := range l.riders(nil) {
					l.endRider(c, true)
				}
				l.time = l.time.Add(time.Second)
			}
			return l.read(r)
		}, true, unknown},
		{"such a Clear fails", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), 0)
			for _, c := range l.riders(nil) {
				l.endRider(c, false)
			}
			return l.read(r)
		}, false, denied},
		{"another Clear fails during such a one", func(l *fakeLocal, r *command) bool {
			l.fail(l.begin(page, true), 0)
			for _, c := range l.riders(nil) {
				l.fail(l.begin(page, true), 0)
				l.endRider(c, true)
			}
			return l.read(r)
		}, false, denied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newFakeLocal()
			if got := tt.run(l, l.begin(page, false)); got != tt.want {
				t.Errorf("the answer is %t; want %t", got, tt.want)
			}
			if got := l.ask(page); got != tt.copy {
				t.Errorf("afterwards, what is known is %d; want %d", got, tt.copy)
			}
		})
	}
}

// TestCopyExpires checks that a copy is used until LocalTTL is over or its entries
// expire, counted from before the command was sent.
func TestCopyExpires(t *testing.T) {
	for _, tt := range []struct {
		name     string
		expires  time.Duration
		wait     time.Duration // until the reply
		after    time.Duration
		want     knowledge
		answered bool
	}{
		{"at once", time.Hour, 0, 0, granted, true},
		{"LocalTTL not over", time.Hour, 0, DefaultLocalTTL - 1, granted, true},
		{"LocalTTL over", time.Hour, 0, DefaultLocalTTL, unknown, true},
		{"LocalTTL over with the time for the reply", time.Hour, time.Second, DefaultLocalTTL - time.Second, unknown, true},
		{"LocalTTL over before the reply", time.Hour, DefaultLocalTTL, 0, unknown, true},
		{"entry not expired", 5 * time.Second, 0, 5*time.Second - 1, granted, true},
		{"entry expired", 5 * time.Second, 0, 5 * time.Second, refused, true},
		{"entry expired with the time for the reply", 5 * time.Second, time.Second, 4 * time.Second, refused, true},
		{"entry expired before the reply", 5 * time.Second, 5 * time.Second, 0, refused, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newFakeLocal()
			c := l.begin(page, false)
			l.time = l.time.Add(tt.wait)
			if ok := l.endRead(c, entries{{name: "PUT", expires: tt.expires}}, false, "PUT", nil); ok != tt.answered {
				t.Errorf("the answer is %t; want %t", ok, tt.answered)
			}
			l.time = l.time.Add(tt.after)
			if got := l.ask(page); got != tt.want {
				t.Errorf("what is known is %d; want %d", got, tt.want)
			}
		})
	}
}

// check returns an error if l is not consistent with itself.
func (l *local) check() error {
	keys := 0
	for i := range l.shards {
		s := &l.shards[i]
		size, listed := 0, 0
		for k, r := range s.records {
			if r.key != k || l.shardOf(k) != s {
				return fmt.Errorf("record of %v is in the wrong place", k)
			}
			if r.partition == nil && !r.denied && !r.queued && r.users == 0 {
				return fmt.Errorf("record of %v is of no use", k)
			}
			if got := l.indexOf(r.digest).keys[r.digest]; got != k {
				return fmt.Errorf("index has %v; want %v", got, k)
			}
			if r.partition != nil {
				size += r.size
				listed++
			}
		}
		for name, p := range s.copies.partitions {
			partition := partitionSize + len(name)
			size += partition
			for r := p.lru.next; r != &p.lru; r = r.next {
				if r.partition != p || r.key.Partition != name {
					return fmt.Errorf("record of %v is listed in the wrong partition", r.key)
				}
				partition += r.size
				listed--
			}
			if partition != p.size || s.copies.order[p.index] != p {
				return fmt.Errorf("shard %d: partition %s has size %d, counted %d, or is in the wrong place", i, name, p.size, partition)
			}
		}
		if size != s.copies.size || listed != 0 || size > l.limit || len(s.copies.order) != len(s.copies.partitions) {
			return fmt.Errorf("shard %d: size %d, counted %d, limit %d; %d records not listed; %d of %d partitions in order",
				i, s.copies.size, size, l.limit, listed, len(s.copies.order), len(s.copies.partitions))
		}
		keys += len(s.records)
	}
	for i := range l.index {
		keys -= len(l.index[i].keys)
	}
	if keys != 0 {
		return fmt.Errorf("%d keys more than in the index", keys)
	}
	return nil
}

// TestBounds checks that copies take no more memory than they may, that the least
// recently used go first, and that nothing is left of those that are gone.
func TestBounds(t *testing.T) {
	const perShard = 10
	l := newFakeLocal(func(o *Options) {
		k := keyOf(10_000)
		size := recordSize + entrySize + len("PUT") + len(k.Partition+k.Origin+k.URL) + partitionSize + len(k.Partition)
		o.LocalBytes = size * perShard * numShards
	})
	favourite := keyOf(1_000_000)
	l.read(l.begin(favourite, false))
	for i := range 10_000 {
		l.read(l.begin(keyOf(10_000+i), false))
		if l.ask(favourite) != granted {
			t.Fatalf("what is asked for all the time is gone after %d others", i)
		}
	}
	if err := l.check(); err != nil {
		t.Error(err)
	}
	kept := 0
	for i := range 10_000 {
		if l.ask(keyOf(10_000+i)) == granted {
			kept++
		}
	}
	if kept < perShard*numShards*8/10 || kept > perShard*numShards {
		t.Errorf("%d copies are kept; want about %d", kept, perShard*numShards)
	}
	l.time = l.time.Add(DefaultLocalTTL)
	l.ask(favourite)
	for i := range 10_000 {
		l.ask(keyOf(10_000 + i))
	}
	for i := range l.shards {
		if n := len(l.shards[i].records); n != 0 {
			t.Errorf("shard %d has %d records when all copies are stale", i, n)
		}
	}
	if err := l.check(); err != nil {
		t.Error(err)
	}
}

// TestPendingBound checks that no more keys are denied than are remembered, and
// that room is made when they are cleared.
func TestPendingBound(t *testing.T) {
	l := newFakeLocal()
	for i := range maxPending {
		if !l.fail(l.begin(keyOf(i), true), 0) {
			t.Fatalf("key %d is not denied", i)
		}
	}
	if !l.fail(l.begin(keyOf(0), true), 0) {
		t.Error("a key that is denied already is one too many")
	}
	if l.fail(l.begin(keyOf(maxPending), true), 0) {
		t.Error("one key too many is denied")
	}
	if l.ask(keyOf(maxPending)) != unknown {
		t.Error("something is known about it")
	}
	for _, c := range l.riders(nil) {
		l.endRider(c, true)
	}
	for i := range maxRiders {
		if !l.fail(l.begin(keyOf(maxPending+i), true), 0) {
			t.Fatalf("there is no room for key %d", i)
		}
	}
	if l.fail(l.begin(keyOf(-1), true), 0) {
		t.Error("one key too many is denied")
	}
	if err := l.check(); err != nil {
		t.Error(err)
	}
}

// TestForeignNotice checks that notices about keys that are not the cache's own are
// told apart.
func TestForeignNotice(t *testing.T) {
	l := newFakeLocal()
	l.read(l.begin(page, false))
	name := l.names.name(digestOf(page))
	for _, s := range []string{"", "x", name[:len(name)-1], name + "x", "x" + name, l.names.prefix, name[:len(name)-1] + "!"} {
		if l.invalidate(s) {
			t.Errorf("%q is taken for the name of a key", s)
		}
	}
	if l.ask(page) != granted {
		t.Error("the copy has gone")
	}
	if !l.invalidate(l.names.name(digestOf(keyOf(1)))) {
		t.Error("the name of a key that is not known is not taken for one")
	}
}
