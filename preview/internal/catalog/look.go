package catalog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/singleflight"
)

// An Asker runs our own questions in a session like those that previews run in.
type Asker interface {
	// Ask runs a query with the values of its parameters and returns its rows as texts,
	// NULL being an empty text, and the time before which nothing of the answer was read.
	Ask(ctx context.Context, sql string, parameters ...string) (rows [][]string, asked time.Time, err error)
}

// OutOfTime marks an error of an Asker whose own time ended. It says nothing about
// those who share its question: they ask again.
type OutOfTime struct{ Err error }

func (e OutOfTime) Error() string { return e.Err.Error() }

func (e OutOfTime) Unwrap() error { return e.Err }

// attempts is how often one Look asks for what it finds missing. More than one is
// needed where something became too old, or went for lack of room, while it asked. The
// last asks for everything.
const attempts = 3

// Look returns a Snapshot that answers for the names and for everything that they
// lead to. It asks, in one question, for what is not known or too old, and nothing where
// all is known. Callers that need the same answer at the same time share the
// question; neither the end of one's context nor its deadline fails another.
func (k *Catalog) Look(ctx context.Context, a Asker, names Names) (*Snapshot, error) {
	return k.look(ctx, a, names, time.Time{})
}

// Refresh is Look that ignores answers older than since. It serves a statement whose
// columns, or whose error, contradict the answers in the cache.
func (k *Catalog) Refresh(ctx context.Context, a Asker, names Names, since time.Time) (*Snapshot, error) {
	return k.look(ctx, a, names, since)
}

// Known is Refresh from the cache alone: it returns nil if the database would have to be
// asked.
func (k *Catalog) Known(a Asker, names Names, since time.Time) *Snapshot {
	return k.newLook(a, names, since).collect()
}

func (k *Catalog) newLook(a Asker, names Names, since time.Time) *look {
	keys := names.keys()
	return &look{catalog: k, keys: keys, id: identify(keys), since: since, asker: a}
}

func (k *Catalog) look(ctx context.Context, a Asker, names Names, since time.Time) (*Snapshot, error) {
	l := k.newLook(a, names, since)
	for attempt := 1; ; attempt++ {
		snapshot := l.collect()
		switch {
		case snapshot != nil:
			return snapshot, nil
		case attempt > attempts:
			return nil, errAnswer
		case attempt == attempts:
			l.askEverything()
		}
		if err := l.ask(ctx); err != nil {
			return nil, err
		}
	}
}

// look is one call of Look.
type look struct {
	catalog *Catalog
	keys    []key
	id      string // of the keys
	since   time.Time
	asker   Asker
	// fresh are the answers that the call has got itself, so that they hold for it
	// however small the cache is.
	fresh []*answer
	// missing and base are what is to be asked.
	missing []key
	base    bool
	// needsFull reports that a bare base is not enough although nothing is named: the
	// database has operator classes for PostgreSQL's own types or operators, and only the
	// full form asks what those lead to.
	needsFull bool
	// session is the one that what is known was answered in.
	session *session
	// span is of what was collected.
	span span
}

// identify writes names so that no others are written so.
func identify(keys []key) string {
	var id strings.Builder
	for _, k := range keys {
		id.WriteByte(byte(k.class))
		id.WriteString(k.Schema)
		id.WriteByte(0)
		id.WriteString(k.Name.Name)
		id.WriteByte(0)
	}
	return id.String()
}

// span is when the oldest of some answers was asked, and until when all are believed.
type span struct{ oldest, until time.Time }

func (s *span) add(asked time.Time, age time.Duration) {
	if until := asked.Add(age); s.until.IsZero() || until.Before(s.until) {
		s.until = until
	}
	if s.oldest.IsZero() || asked.Before(s.oldest) {
		s.oldest = asked
	}
}

// holds reports whether the answers are believed by one who wants none from before since.
func (s *span) holds(now, since time.Time) bool {
	return now.Before(s.until) && !s.oldest.Before(since)
}

// ask asks for what is missing.
func (l *look) ask(ctx context.Context) error {
	for {
		got, err := l.catalog.ask(ctx, l.asker, l.missing, l.form(), l.since)
		var late OutOfTime
		switch {
		case err == nil:
			if l.session != nil && !l.session.equal(&got.Value.session) {
				l.fresh = nil
				if !l.everything() {
					l.askEverything() // its answer needs no other
					continue
				}
			}
			l.session = &got.Value.session
			l.fresh = append(l.fresh, got.Value)
			return nil
		case got.Joined && errors.As(err, &late) && ctx.Err() == nil:
			// The one who asked had less time; ask again.
		default:
			return err
		}
	}
}

// everything reports whether all is asked for, so that the answer needs no other.
func (l *look) everything() bool { return l.base && len(l.missing) == len(l.keys) }

func (l *look) askEverything() { l.missing, l.base = l.keys, true }

// form is the form of the question that is to be asked.
func (l *look) form() *form {
	switch {
	case !l.base:
		return &ordinary
	case len(l.keys) == 0 && !l.needsFull:
		return &bare
	default:
		return &full
	}
}

// ask asks for names, or joins a caller who asks the same and did not begin before
// since.
func (k *Catalog) ask(ctx context.Context, a Asker, names []key, form *form, since time.Time) (singleflight.Result[*answer], error) {
	list := seeds(names)
	parameters := form.parameters(list)
	question := strings.Join(append(parameters, form.text), "")
	return k.asking.Do(ctx, question, since, func(ctx context.Context) (*answer, error) {
		rows, asked, err := a.Ask(ctx, form.text, parameters...)
		if err != nil {
			return nil, err
		}
		answer, err := readAnswer(rows, asked, list, form)
		if err != nil {
			return nil, err
		}
		k.keep(answer)
		return answer, nil
	})
}

// collect makes the Snapshot of what is known, or nil, and then says what is missing.
func (l *look) collect() *Snapshot {
	k := l.catalog
	k.cache.mu.Lock()
	defer k.cache.mu.Unlock()
	now := time.Now()
	if m := k.snapshots[l.id]; m != nil && m.span.holds(now, l.since) {
		k.use(l.asker, m.names, now)
		return m.snapshot
	}
	l.missing, l.base, l.span = nil, false, span{}
	if l.session == nil {
		l.session = k.session
	}
	s := &Snapshot{session: l.session, names: make(map[key]resolved, len(l.keys)), objects: make(map[ref]*object)}
	if s.base = l.knownBase(s.session, now); s.base == nil {
		l.base = true
	}
	for _, name := range l.keys {
		means, ok := l.known(s.session, name, now)
		if ok {
			s.names[name] = means
			ok = l.follow(s, name.class, means, now)
		}
		if !ok {
			l.missing = append(l.missing, name)
		}
	}
	if s.base != nil && !l.followAll(s, slices.Clone(s.base.below), now) {
		l.base = true
	}
	if l.base || len(l.missing) > 0 {
		return nil
	}
	s.oldest = l.span.oldest
	k.finish(l, s, now)
	return s
}

// finish notes that a Look is answered by a Snapshot. The caller holds the lock.
func (k *Catalog) finish(l *look, s *Snapshot, now time.Time) {
	if k.session == nil || s.session != k.session && !s.session.equal(k.session) {
		return // other sessions have answered meanwhile
	}
	entries := make([]*entry, 0, len(l.keys))
	for _, name := range l.keys {
		if e := k.names[name]; e != nil {
			entries = append(entries, e)
		}
	}
	k.use(l.asker, entries, now)
	if k.base != nil && len(entries) == len(l.keys) {
		k.keepSnapshot(l.id, entries, s, l.span)
	}
}

// usable reports whether something that was asked at a time still holds, and notes that
// it is used.
func (l *look) usable(asked, now time.Time, age time.Duration) bool {
	if now.Sub(asked) >= age || asked.Before(l.since) {
		return false
	}
	l.span.add(asked, age)
	return true
}

// serves reports whether the base has what the call needs. A statement that names nothing
// leads to no cast, but its values may be compared.
func (l *look) serves(b *base) bool {
	switch {
	case b == nil:
		return false
	case b.partial && b.touched:
		l.needsFull = true
		return false
	}
	return !b.partial || len(l.keys) == 0
}

func (l *look) knownBase(at *session, now time.Time) *base {
	for _, a := range l.fresh {
		if l.serves(a.base) {
			l.span.add(a.asked, functionAge)
			return a.base
		}
	}
	k := l.catalog
	if k.base == nil || !l.serves(k.base.base) || at != k.session && !at.equal(k.session) || !l.usable(k.base.asked, now, functionAge) {
		return nil
	}
	k.cache.touch(k.base)
	return k.base.base
}

// known returns what a name means.
func (l *look) known(at *session, name key, now time.Time) (resolved, bool) {
	for _, a := range l.fresh {
		if means, ok := a.names[name]; ok {
			l.span.add(a.asked, means.age(name.class))
			return means, true
		}
	}
	k := l.catalog
	e := k.names[name]
	if e == nil || at != k.session && !at.equal(k.session) || !l.usable(e.asked, now, e.means.age(name.class)) {
		return resolved{}, false
	}
	k.cache.touch(e)
	return e.means, true
}

// find returns an object.
func (l *look) find(at *session, r ref, now time.Time) *object {
	for i := len(l.fresh) - 1; i >= 0; i-- {
		if o := l.fresh[i].objects[r]; o != nil {
			l.span.add(l.fresh[i].asked, age(r.class))
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
// and reports whether all of that is known.
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

// age is how long what a name means is believed.
func (r resolved) age(class class) time.Duration {
	if class == classRelation && len(r.oids) == 0 {
		return absentAge
	}
	return age(class)
}

func age(class class) time.Duration {
	if class == classRelation {
		return relationAge
	}
	return functionAge
}
