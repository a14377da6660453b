package catalog

import (
	"context"
	"errors"
	"slices"
	"time"
)

// An Asker runs our own questions in a session like those that previews run in.
type Asker interface {
	// Ask runs a query and returns its rows as texts, NULL being an empty text, and
	// the time before which nothing of the answer was read.
	Ask(ctx context.Context, sql string) (rows [][]string, asked time.Time, err error)
}

// OutOfTime marks an error of an Asker whose own time ended. It says nothing about
// those who share its question: they ask again.
type OutOfTime struct{ Err error }

func (e OutOfTime) Error() string { return e.Err.Error() }

func (e OutOfTime) Unwrap() error { return e.Err }

// ErrUnsettled is the error of a database whose sessions differ in role or search path
// from question to question.
var ErrUnsettled = errors.New("catalog: the sessions of the connection differ in role or search path")

// attempts is how many questions one Look asks at most. The second is for sessions
// that turn out to be unlike the ones before.
const attempts = 4

// Look returns a Snapshot that answers for the names and for everything that they
// lead to. It asks, in one question, for what is not known or too old, and nothing where
// all is known. Callers that need the same answer at the same time share the
// question; neither the end of one's context nor its deadline fails another.
func (k *Catalog) Look(ctx context.Context, a Asker, names Names) (*Snapshot, error) {
	return k.look(ctx, a, names, time.Time{})
}

// Refresh is Look where what was answered before since is not believed: for a
// statement whose columns, or whose error, contradict what is known.
func (k *Catalog) Refresh(ctx context.Context, a Asker, names Names, since time.Time) (*Snapshot, error) {
	return k.look(ctx, a, names, since)
}

func (k *Catalog) look(ctx context.Context, a Asker, names Names, since time.Time) (*Snapshot, error) {
	l := &look{catalog: k, keys: names.keys(), since: since}
	for range attempts {
		snapshot := l.collect()
		if snapshot != nil {
			return snapshot, nil
		}
		if err := l.ask(ctx, a); err != nil {
			return nil, err
		}
	}
	return nil, ErrUnsettled
}

// look is one call of Look.
type look struct {
	catalog *Catalog
	keys    []key
	since   time.Time
	// fresh are the answers that the call has got itself, so that they hold for it
	// however small the cache is.
	fresh []*answer
	// missing and base are what is to be asked.
	missing []key
	base    bool
}

// ask asks for what is missing.
func (l *look) ask(ctx context.Context, a Asker) error {
	k, base := l.catalog, l.base
	list := seeds(l.missing)
	sql := question(list, base)
	for {
		got, err := k.asking.Do(ctx, sql, l.since, func(ctx context.Context) (*answer, error) {
			rows, asked, err := a.Ask(ctx, sql)
			if err != nil {
				return nil, err
			}
			answer, err := readAnswer(rows, asked, list, base)
			if err != nil {
				return nil, err
			}
			k.keep(answer)
			return answer, nil
		})
		var late OutOfTime
		switch {
		case err == nil:
			if n := len(l.fresh); n > 0 && !l.fresh[n-1].session.equal(&got.Value.session) {
				l.fresh = nil
			}
			l.fresh = append(l.fresh, got.Value)
			return nil
		case got.Joined && errors.As(err, &late) && ctx.Err() == nil:
			// The one who asked had less time; ask again.
		default:
			return err
		}
	}
}

// collect makes the Snapshot of what is known, or nil, and then says what is missing.
func (l *look) collect() *Snapshot {
	k := l.catalog
	k.cache.mu.Lock()
	defer k.cache.mu.Unlock()
	now := time.Now()
	l.missing, l.base = nil, false
	s := &Snapshot{session: k.session, names: make(map[key]resolved, len(l.keys)), objects: make(map[ref]*object)}
	if n := len(l.fresh); n > 0 {
		s.session = &l.fresh[n-1].session
	}
	if s.base = l.knownBase(s.session, now); s.base == nil {
		l.base = true
	}
	complete := !l.base
	for _, name := range l.keys {
		means, ok := l.known(s.session, name, now)
		if ok {
			s.names[name] = means
			ok = l.follow(s, name.class, means, now)
		}
		if !ok {
			l.missing = append(l.missing, name)
			complete = false
		}
	}
	if s.base != nil && !l.followAll(s, slices.Clone(s.base.below), now) {
		l.base, complete = true, false
	}
	if complete {
		return s
	}
	return nil
}

// usable tells whether something that was asked at a time still holds.
func (l *look) usable(asked, now time.Time, age time.Duration) bool {
	return now.Sub(asked) < age && !asked.Before(l.since)
}

func (l *look) knownBase(at *session, now time.Time) *base {
	for _, a := range l.fresh {
		if a.base != nil {
			return a.base
		}
	}
	k := l.catalog
	if k.base == nil || at != k.session && !at.equal(k.session) || !l.usable(k.base.asked, now, functionAge) {
		return nil
	}
	k.cache.touch(k.base)
	return k.base.base
}

// known returns what a name means.
func (l *look) known(at *session, name key, now time.Time) (resolved, bool) {
	for _, a := range l.fresh {
		if means, ok := a.names[name]; ok {
			return means, true
		}
	}
	k := l.catalog
	e := k.names[name]
	if e == nil || at != k.session && !at.equal(k.session) || !l.usable(e.asked, now, age(name.class)) {
		return resolved{}, false
	}
	k.cache.touch(e)
	return e.means, true
}

// find returns an object.
func (l *look) find(at *session, r ref, now time.Time) *object {
	for i := len(l.fresh) - 1; i >= 0; i-- {
		if o := l.fresh[i].objects[r]; o != nil {
			return o
		}
	}
	k := l.catalog
	e := k.objects[r]
	if e == nil || at != k.session && !at.equal(k.session) || !l.usable(e.asked, now, age(r.class)) {
		return nil
	}
	k.cache.touch(e)
	return e.object
}

// follow takes what a name means into the Snapshot, with everything that it leads to,
// and tells whether all of that is known.
func (l *look) follow(s *Snapshot, class class, means resolved, now time.Time) bool {
	refs := make([]ref, 0, len(means.oids))
	for _, oid := range means.oids {
		if class == classType && s.base != nil && s.base.types[oid] != nil {
			continue
		}
		refs = append(refs, ref{class, oid})
	}
	return l.followAll(s, refs, now)
}

func (l *look) followAll(s *Snapshot, refs []ref, now time.Time) (complete bool) {
	complete = true
	for len(refs) > 0 {
		r := refs[len(refs)-1]
		refs = refs[:len(refs)-1]
		if s.objects[r] != nil {
			continue
		}
		o := l.find(s.session, r, now)
		if o == nil {
			complete = false
			continue
		}
		s.objects[r] = o
		refs = append(refs, o.below...)
	}
	return complete
}

func age(class class) time.Duration {
	if class == classRelation {
		return relationAge
	}
	return functionAge
}
