package catalog

import (
	"context"
	"sync"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/singleflight"
)

const (
	// functionAge is how long an answer about functions, operators, casts and types is
	// believed, relationAge how long one about relations and their policies is.
	functionAge = 30 * time.Second
	relationAge = time.Minute
	// absentAge is how long it is believed that a relation does not exist: an author
	// who has been told so creates it and tries again.
	absentAge = time.Second
	// DefaultBytes bounds the memory of a cache, for all connections together.
	DefaultBytes = 32 << 20
)

// A Cache remembers what the catalogs of many databases said, within a bound of
// memory. Its methods, and those of its Catalogs, may be called from many goroutines at a time.
type Cache struct {
	limit int

	// background is the context of the questions that refresh asks of a Backgrounder's
	// Asker. It ends with the Cache; asking waits for those questions.
	background context.Context
	stop       context.CancelFunc
	asking     sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	bytes    int
	recent   entry // the ring of all entries: next is the one used last
	catalogs map[string]*Catalog
}

// NewCache makes an empty cache that keeps at most about maxBytes, or DefaultBytes where
// that is zero. What was used the longest time ago goes first.
func NewCache(maxBytes int) *Cache {
	if maxBytes == 0 {
		maxBytes = DefaultBytes
	}
	c := &Cache{limit: maxBytes, catalogs: make(map[string]*Catalog)}
	c.background, c.stop = context.WithCancel(context.Background())
	c.recent.next, c.recent.prev = &c.recent, &c.recent
	return c
}

// Close ends the questions that are asked in the background, and waits for them. What is
// known can be used still.
func (c *Cache) Close() {
	c.mu.Lock()
	c.closed = true
	for _, k := range c.catalogs {
		k.rest()
	}
	c.mu.Unlock()
	c.stop()
	c.asking.Wait()
}

// Of returns the catalog of a connection. A connection id whose connection string has
// changed begins anew.
func (c *Cache) Of(id, dsn string) *Catalog {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.catalogs[id]
	if known != nil && known.dsn == dsn {
		return known
	}
	if known != nil {
		known.clear()
	}
	made := &Catalog{cache: c, id: id, dsn: dsn}
	made.names, made.objects, made.snapshots = make(map[key]*entry), make(map[ref]*entry), make(map[string]*kept)
	c.catalogs[id] = made
	return made
}

// Bytes is about how much the cache keeps.
func (c *Cache) Bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// A Catalog remembers, by object, what one database said to one role in one search
// path: where an answer comes from another role or path, what was known is forgotten.
type Catalog struct {
	cache   *Cache
	id, dsn string
	asking  singleflight.Group[string, *answer]

	// Guarded by the cache's lock.
	session *session
	base    *entry
	names   map[key]*entry
	objects map[ref]*entry
	// snapshots are those that were made of what is known now, by their names; they
	// take snapshotBytes.
	snapshots     map[string]*kept
	snapshotBytes int
	// asker asks in the background; used is when a Look was last answered, timer
	// runs from then on; failed counts the questions that failed in a row.
	asker  Asker
	used   time.Time
	timer  *time.Timer
	failed int
}

// kept is a Snapshot that was made before, with the entries of its names.
type kept struct {
	snapshot *Snapshot
	names    []*entry
	span     span
}

// forgetSnapshots is called when what they were made of changes. The caller holds the
// lock.
func (k *Catalog) forgetSnapshots() {
	k.cache.bytes -= k.snapshotBytes
	k.snapshotBytes = 0
	clear(k.snapshots)
}

// keepSnapshot keeps a Snapshot of what is known, if there is room for it. The caller
// holds the lock.
func (k *Catalog) keepSnapshot(id string, names []*entry, s *Snapshot, span span) {
	bytes := entryBytes + len(id) + snapshotEntryBytes*(len(s.names)+len(s.objects))
	if k.cache.bytes+bytes > k.cache.limit {
		return
	}
	k.snapshots[id] = &kept{s, names, span}
	k.snapshotBytes += bytes
	k.cache.bytes += bytes
}

// entry is what is known of one name, of one object, or the base.
type entry struct {
	catalog    *Catalog
	asked      time.Time
	used       time.Time // by a Look; of a name only
	bytes      int
	prev, next *entry

	// One of these is set.
	key    key
	means  resolved
	at     ref
	object *object
	base   *base
}

// touch notes that an entry is used. The caller holds the lock.
func (c *Cache) touch(e *entry) {
	if c.recent.next == e {
		return
	}
	e.unlink()
	c.link(e)
}

func (c *Cache) link(e *entry) {
	e.prev, e.next = &c.recent, c.recent.next
	e.prev.next, e.next.prev = e, e
}

func (e *entry) unlink() {
	if e.next != nil {
		e.prev.next, e.next.prev = e.next, e.prev
		e.prev, e.next = nil, nil
	}
}

// insert takes an entry in, in the place of an old one if there is one, and lets the
// least recently used go where there is too much. The caller holds the lock.
func (c *Cache) insert(old, made *entry) {
	if old != nil {
		c.remove(old)
	}
	made.bytes += entryBytes
	c.bytes += made.bytes
	made.catalog.forgetSnapshots()
	c.link(made)
	switch {
	case made.base != nil:
		made.catalog.base = made
	case made.object != nil:
		made.catalog.objects[made.at] = made
	default:
		made.catalog.names[made.key] = made
	}
	for c.bytes > c.limit && c.recent.prev != &c.recent {
		c.remove(c.recent.prev)
	}
}

// remove forgets an entry. The caller holds the lock.
func (c *Cache) remove(e *entry) {
	e.unlink()
	c.bytes -= e.bytes
	k := e.catalog
	k.forgetSnapshots()
	switch {
	case e.base != nil:
		k.base = nil
	case e.object != nil:
		delete(k.objects, e.at)
	default:
		delete(k.names, e.key)
	}
	if k.base == nil && len(k.objects) == 0 && len(k.names) == 0 && c.catalogs[k.id] == k {
		k.rest()
		delete(c.catalogs, k.id)
	}
}

// clear forgets all of the catalog. The caller holds the lock.
func (k *Catalog) clear() {
	for _, e := range k.names {
		k.cache.remove(e)
	}
	for _, e := range k.objects {
		k.cache.remove(e)
	}
	if k.base != nil {
		k.cache.remove(k.base)
	}
	k.session = nil
}

// keep takes an answer in.
func (k *Catalog) keep(a *answer) {
	c := k.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.session == nil || !k.session.equal(&a.session) {
		k.clear()
		k.session = &a.session
	}
	if other := c.catalogs[k.id]; other == nil {
		c.catalogs[k.id] = k
	} else if other != k {
		return // the connection string has changed meanwhile
	}
	if a.base != nil && (k.base == nil || k.base.asked.Before(a.asked)) {
		c.insert(k.base, &entry{catalog: k, asked: a.asked, base: a.base, bytes: a.base.bytes})
	}
	for at, o := range a.objects {
		if old := k.objects[at]; old == nil || old.asked.Before(a.asked) {
			c.insert(old, &entry{catalog: k, asked: a.asked, at: at, object: o, bytes: o.bytes})
		}
	}
	for name, means := range a.names {
		if old := k.names[name]; old == nil || old.asked.Before(a.asked) {
			made := &entry{catalog: k, asked: a.asked, key: name, means: means, bytes: means.size(name)}
			if old != nil {
				made.used = old.used
			}
			c.insert(old, made)
		}
	}
}
