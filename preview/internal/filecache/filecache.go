// Package filecache keeps a value that is made of files, and makes it again when
// one of them changes: certificates, keys, lists of authorities.
package filecache

import (
	"os"
	"sync"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// fileState reports whether a file may have changed.
type fileState struct {
	modified time.Time
	size     int64
	info     os.FileInfo
}

// settled is how old a file's last change must be for its next one to have another time:
// the clocks of file systems tick in steps of up to a second, some in two.
const settled = 2 * time.Second

func (s fileState) same(other fileState) bool {
	return s.info != nil && s.modified.Equal(other.modified) && s.size == other.size && os.SameFile(s.info, other.info)
}

// Cache is a value made of files, made again when one of them changes.
type Cache[T any] struct {
	Paths []string
	Load  func() (T, error)
	// OnError is called when the files cannot be used any more: once, until they
	// can be again or the error is another. It may be nil.
	OnError func(error)

	mu       sync.Mutex
	reported string
	states   []fileState
	value    T
	err      error
}

// Get returns the value of the files as they are now. When they cannot be used
// it returns the last value that could be, together with the error.
func (c *Cache[T]) Get() (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, err := c.current()
	switch {
	case err == nil:
		c.reported = ""
	case c.OnError != nil && c.reported != err.Error():
		c.reported = err.Error()
		c.OnError(err)
	}
	return value, err
}

// current is Get without the report; mu is held.
func (c *Cache[T]) current() (T, error) {
	now := time.Now()
	states := make([]fileState, len(c.Paths))
	changed := len(c.states) != len(c.Paths)
	for i, path := range c.Paths {
		info, err := os.Stat(path)
		if err != nil {
			c.states = nil // so that the next call loads again
			return c.value, syserr.Cause(err)
		}
		states[i] = fileState{modified: info.ModTime(), size: info.Size(), info: info}
		changed = changed || !states[i].same(c.states[i])
		if now.Sub(info.ModTime()).Abs() < settled {
			states[i].info = nil // the same to no other state, so that the next call loads again
		}
	}
	if !changed {
		return c.value, c.err
	}
	value, err := c.Load()
	if err == nil {
		c.value = value
	}
	// The states are from before the load, so the next call sees a change during it.
	c.states, c.err = states, err
	return c.value, err
}
