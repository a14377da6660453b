package auth

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// stamp tells whether a file may have changed.
type stamp struct {
	modified time.Time
	size     int64
	info     os.FileInfo
}

func (s stamp) same(other stamp) bool {
	return s.info != nil && s.modified.Equal(other.modified) && s.size == other.size && os.SameFile(s.info, other.info)
}

// reloaded is a value made of files, made again when one of them changed.
type reloaded[T any] struct {
	paths []string
	load  func() (T, error)
	// tell is called when the files cannot be used any more, once until they can
	// be again or the cause is another; nil for nobody.
	tell func(error)

	mu     sync.Mutex
	told   string
	stamps []stamp
	value  T
	err    error
}

// get returns the value of the files as they are now. When they cannot be used
// it returns the last value that could be, together with the error.
func (r *reloaded[T]) get() (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, err := r.current()
	switch {
	case err == nil:
		r.told = ""
	case r.tell != nil && r.told != err.Error():
		r.told = err.Error()
		r.tell(err)
	}
	return value, err
}

// current is get; mu is held.
func (r *reloaded[T]) current() (T, error) {
	stamps := make([]stamp, len(r.paths))
	changed := len(r.stamps) != len(r.paths)
	for i, path := range r.paths {
		info, err := os.Stat(path)
		if err != nil {
			r.stamps = nil // look again
			return r.value, reasonOf(err)
		}
		stamps[i] = stamp{modified: info.ModTime(), size: info.Size(), info: info}
		changed = changed || !stamps[i].same(r.stamps[i])
	}
	if !changed {
		return r.value, r.err
	}
	value, err := r.load()
	if err == nil {
		r.value = value
	}
	// The stamps are those from before the reading, so a change meanwhile is
	// seen the next time.
	r.stamps, r.err = stamps, err
	return r.value, err
}

// reasonOf is the system's word without the path.
func reasonOf(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
