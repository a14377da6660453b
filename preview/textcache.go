package preview

import "sync"

const (
	// textCacheBytes bounds what one textCache keeps, in bytes of memory.
	textCacheBytes = 4 << 20
	// bytesPerByte is about what a parsed text takes in memory, by its length.
	bytesPerByte = 64
	// keptBytes is what an entry takes beside that.
	keptBytes = 1 << 10
	// longestCached is the longest text that is kept.
	longestCached = 4 << 10
)

// A textCache keeps what follows from a statement's text, so that an author who runs
// it again waits for less. K says what else it follows from.
type textCache[K comparable, V any] struct {
	mu    sync.Mutex
	bytes int
	known map[K]V
}

func newTextCache[K comparable, V any]() *textCache[K, V] {
	return &textCache[K, V]{known: make(map[K]V)}
}

// find returns what is kept, or the zero value.
func (c *textCache[K, V]) find(key K) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[key]
}

// keep takes in what follows from a text; beside is what it takes in memory that
// does not grow with the text. Where there is no room it forgets all: what is in use
// is soon back.
func (c *textCache[K, V]) keep(key K, sql string, made V, beside int) {
	size := bytesPerByte*len(sql) + keptBytes + beside
	if len(sql) > longestCached || size > textCacheBytes/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[key]; !ok {
		if c.bytes += size; c.bytes > textCacheBytes {
			clear(c.known)
			c.bytes = size
		}
	}
	c.known[key] = made
}
