package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"
)

const (
	// refreshAfter is the age from which an answer that is in use is asked for again in
	// the background, so that no request waits for it when it is too old.
	refreshAfter = 18 * time.Second
	// refreshFor is how long after its last use an answer counts as in use.
	refreshFor = 3 * time.Minute
	// refreshEvery is how often answers in use are looked at. With the time to ask, an
	// answer is at most about 25 s old when the next one comes.
	refreshEvery = 5 * time.Second
	// refreshNames is how many names are asked for at a time, those used last.
	refreshNames = 256
	// refreshTries is how often in a row a question in the background may fail, for
	// instance because every session is in use, before nothing more is asked until the
	// next use. By then the answers are too old.
	refreshTries = 3
	// refreshTimeout bounds a question in the background.
	refreshTimeout = 5 * time.Second
)

// A Backgrounder is an Asker that can be asked for one that does not end with the
// request. Without it nothing is asked in the background.
type Backgrounder interface {
	// Background returns an Asker for use at any later time. It should fail rather
	// than open a session or wait for one.
	Background() Asker
}

// use notes that a Look was answered from some names, and lets what is in use be asked
// for again before it is too old. The caller holds the lock.
func (k *Catalog) use(a Asker, names []*entry, now time.Time) {
	c := k.cache
	k.used = now
	if k.base != nil {
		c.touch(k.base)
	}
	for _, e := range names {
		e.used = now
		c.touch(e)
	}
	if k.timer != nil || c.closed {
		return
	}
	if b, ok := a.(Backgrounder); ok {
		k.asker = b.Background()
		k.timer = time.AfterFunc(refreshEvery, k.refresh)
	}
}

// rest ends asking in the background until the next use. The caller holds the lock.
func (k *Catalog) rest() {
	if k.timer != nil {
		k.timer.Stop()
		k.timer, k.asker, k.failed = nil, nil, 0
	}
}

// refresh asks for what is in use and will be too old soon.
func (k *Catalog) refresh() {
	c := k.cache
	c.mu.Lock()
	names, due := k.due(time.Now())
	asker, timer := k.asker, k.timer
	if !due {
		if k.timer != nil {
			k.timer.Reset(refreshEvery)
		}
		c.mu.Unlock()
		return
	}
	c.asking.Add(1)
	defer c.asking.Done()
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(c.background, refreshTimeout)
	defer cancel()
	_, err := k.ask(ctx, asker, names, &full, time.Time{})

	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case k.timer != timer: // at rest since
	case err == nil:
		k.failed = 0
		k.timer.Reset(refreshEvery)
	case k.failed+1 < refreshTries:
		k.failed++
		k.timer.Reset(refreshEvery)
	default:
		k.rest()
	}
}

// due returns what is in use and no longer new, if some of it is near its end. The
// caller holds the lock.
func (k *Catalog) due(now time.Time) (names []key, due bool) {
	if k.timer == nil || k.cache.closed {
		return nil, false
	}
	if now.Sub(k.used) > refreshFor {
		k.rest()
		return nil, false
	}
	var used []*entry
	for _, e := range k.names {
		if !e.used.IsZero() && now.Sub(e.used) <= refreshFor && now.Sub(e.asked) >= refreshAfter/2 {
			used = append(used, e)
			due = due || now.Sub(e.asked) >= refreshAfter
		}
	}
	due = due || k.base != nil && now.Sub(k.base.asked) >= refreshAfter
	if !due {
		return nil, false
	}
	slices.SortFunc(used, func(a, b *entry) int { return cmp.Or(b.used.Compare(a.used), compareKeys(a.key, b.key)) })
	for _, e := range used[:min(len(used), refreshNames)] {
		names = append(names, e.key)
	}
	slices.SortFunc(names, compareKeys)
	return names, true
}
