package catalog

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDatabase answers questions: every relation that is asked for exists, with a row
// type, and no other name does.
type fakeDatabase struct {
	role  atomic.Value // of string
	oids  sync.Map     // of names
	last  atomic.Int64
	asked atomic.Int64
	// inBackground counts the questions that were asked in the background.
	inBackground atomic.Int64
	// before runs before an answer, and its error is the answer's.
	before func(ctx context.Context) error
}

func newFakeDatabase() *fakeDatabase {
	d := &fakeDatabase{}
	d.role.Store("r")
	d.last.Store(firstUserOID)
	return d
}

// requestAsker is the Asker of one request.
type requestAsker struct{ *fakeDatabase }

func (d requestAsker) Background() Asker { return backgroundAsker(d) }

type backgroundAsker struct{ *fakeDatabase }

func (d backgroundAsker) Ask(ctx context.Context, sql string, parameters ...string) ([][]string, time.Time, error) {
	d.inBackground.Add(1)
	return d.fakeDatabase.Ask(ctx, sql, parameters...)
}

func (d *fakeDatabase) Ask(ctx context.Context, sql string, parameters ...string) ([][]string, time.Time, error) {
	d.asked.Add(1)
	asked := time.Now()
	if d.before != nil {
		if err := d.before(ctx); err != nil {
			return nil, asked, err
		}
	}
	role, _ := d.role.Load().(string)
	rows := [][]string{{"s", "150000", role, "UTF8", "", "{pg_catalog,public}", "", "", "", ""}}
	if strings.Contains(sql, "select 'k', ") {
		rows = append(rows,
			[]string{"b", "", "", "", "", `{"{23}","{pg_catalog}","{int4}","{b}","{N}","{f}","{0}","{1007}","{0}","{0}","{0}","{42}","{43}","{0}","{0}"}`, "", "", "", ""},
			[]string{"k", "", "", "", "", `{"{10001}","{23}","{20}","{481}","{i}","{f}"}`, "", "", "", ""},
			[]string{"g", "", "", "", "", `{"{}","{}"}`, "", "", "", ""})
	}
	list := strings.Trim(strings.Join(parameters, ""), "{}")
	if list == "" {
		return rows, asked, nil
	}
	for i, text := range strings.Split(list, ",") {
		parts := strings.Split(text, ".")
		if len(parts) != 3 || parts[0] != "r" {
			continue
		}
		name, _ := hex.DecodeString(parts[2])
		if string(name) == "absent" {
			continue
		}
		oid := strconv.FormatInt(d.oid(string(name)), 10)
		typ := strconv.FormatInt(d.oid("type "+string(name)), 10)
		rows = append(rows,
			[]string{"n", strconv.Itoa(i + 1), "2", "r", oid, "", "", "", "", ""},
			[]string{"r", oid, "public", string(name), "", `{r,` + typ + `,false,10,false,0,"","","",false,"","{}","","{}"}`, `{{1,id,23,"","{}",""}}`, "", "", ""},
			[]string{"t", typ, "public", string(name), "", "{c,C,false,0,0,0," + oid + `,0,0,2290,2291,0,0,0,0,""}`, "{{1,id,23}}", "", "", ""})
	}
	return rows, asked, nil
}

func (d *fakeDatabase) oid(name string) int64 {
	oid, known := d.oids.Load(name)
	if !known {
		oid, _ = d.oids.LoadOrStore(name, d.last.Add(1))
	}
	n, _ := oid.(int64)
	return n
}

func relations(list ...string) (n Names) {
	for _, name := range list {
		n.Relations = append(n.Relations, Name{Name: name})
	}
	return n
}

func mustLook(t *testing.T, k *Catalog, a Asker, n Names) *Snapshot {
	t.Helper()
	s, err := k.Look(t.Context(), a, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range n.Relations {
		if r.Name == "absent" {
			continue
		}
		if found, ok := s.Relation(r); !ok || found.Name != r.Name || s.Type(found.RowType) == nil {
			t.Fatalf("%s: %v", r.Name, found)
		}
	}
	return s
}

// TestAges: an answer is believed for its time, and no longer.
func TestAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDatabase()
		c := NewCache(0)
		defer c.Close()
		k := c.Of("c", "dsn")
		mustLook(t, k, d, relations("a"))
		for _, step := range []struct {
			after time.Duration
			names Names
			asked int64
		}{
			{0, relations("a"), 1},
			{29 * time.Second, relations("a"), 1},
			{0, relations("a", "b"), 2},
			{0, relations("b"), 2},
			{2 * time.Second, relations("a"), 3}, // its row type was asked for 31 s ago
			{0, relations("a", "b"), 3},
			{31 * time.Second, Names{}, 4}, // what is the same for all
			{0, Names{Functions: []Name{{Name: "f"}}}, 5},
			{29 * time.Second, Names{Functions: []Name{{Name: "f"}}}, 5}, // that nothing exists is known as well
			{2 * time.Second, Names{Functions: []Name{{Name: "f"}}}, 6},
			{0, relations("absent"), 7},
			{0, relations("absent"), 7},
			{time.Second, relations("absent"), 8}, // it may have been created
		} {
			time.Sleep(step.after)
			mustLook(t, k, d, step.names)
			if got := d.asked.Load(); got != step.asked {
				t.Errorf("after %v: %d questions for %v, want %d", step.after, got, step.names, step.asked)
			}
		}
	})
}

// TestRefresh: what contradicts a result is asked for again.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDatabase()
		c := NewCache(0)
		defer c.Close()
		k := c.Of("c", "dsn")
		mustLook(t, k, d, relations("a"))
		time.Sleep(time.Second)
		contradicted := time.Now()
		if _, err := k.Refresh(t.Context(), d, relations("a"), contradicted); err != nil || d.asked.Load() != 2 {
			t.Errorf("%d questions, want 2: %v", d.asked.Load(), err)
		}
		if _, err := k.Refresh(t.Context(), d, relations("a"), contradicted); err != nil || d.asked.Load() != 2 {
			t.Errorf("%d questions for what was asked since, want 2: %v", d.asked.Load(), err)
		}
	})
}

// TestRefreshInBackground: no caller waits for what was used within three minutes; then
// the questions end.
func TestRefreshInBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDatabase()
		c := NewCache(0)
		defer c.Close()
		k := c.Of("c", "dsn")
		mustLook(t, k, requestAsker{d}, relations("a", "b"))
		for _, idle := range []time.Duration{31 * time.Second, 61 * time.Second, 2 * time.Minute} {
			time.Sleep(idle)
			before := d.asked.Load()
			mustLook(t, k, requestAsker{d}, relations("b", "a"))
			if asked := d.asked.Load() - before; asked != 0 {
				t.Errorf("after idling for %v, %d questions were waited for", idle, asked)
			}
		}
		time.Sleep(4 * time.Minute)
		before := d.inBackground.Load()
		time.Sleep(time.Hour)
		if more := d.inBackground.Load() - before; more != 0 {
			t.Errorf("%d questions that nobody needs", more)
		}
		mustLook(t, k, requestAsker{d}, relations("a"))
		c.Close()
		before = d.inBackground.Load()
		time.Sleep(time.Minute)
		if more := d.inBackground.Load() - before; more != 0 {
			t.Errorf("%d questions after Close", more)
		}
	})
}

// TestBackgroundFails: where asking in the background fails, the next Look asks, and
// gets what is true then.
func TestBackgroundFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDatabase()
		c := NewCache(0)
		defer c.Close()
		k := c.Of("c", "dsn")
		var fails atomic.Bool
		fails.Store(true)
		d.before = func(context.Context) error {
			if fails.Load() && d.inBackground.Load() > 0 {
				return errors.New("no session")
			}
			return nil
		}
		mustLook(t, k, requestAsker{d}, relations("a"))
		time.Sleep(time.Minute)
		if got := d.inBackground.Load(); got != refreshTries {
			t.Errorf("%d questions in the background, want %d", got, refreshTries)
		}
		fails.Store(false)
		mustLook(t, k, requestAsker{d}, relations("a"))
		if got := d.asked.Load() - d.inBackground.Load(); got != 2 {
			t.Errorf("%d questions were waited for, want 2", got)
		}
		time.Sleep(time.Minute)
		mustLook(t, k, requestAsker{d}, relations("a"))
		if got := d.asked.Load() - d.inBackground.Load(); got != 2 {
			t.Errorf("%d questions were waited for, want 2", got)
		}
	})
}

// TestShared: those who need the same at the same time ask once, and the end of the one
// who asked, or of its time, fails no other.
func TestShared(t *testing.T) {
	for _, test := range []struct {
		what  string
		leave bool  // the first goes away
		fail  error // the first question fails
		asked int64
	}{
		{"all stay", false, nil, 1},
		{"the first leaves", true, nil, 1},
		{"the first has no time", false, OutOfTime{errors.New("late")}, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDatabase()
			d.before = func(ctx context.Context) error {
				first := d.asked.Load() == 1
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
					return ctx.Err()
				}
				if first {
					return test.fail
				}
				return nil
			}
			k := NewCache(0).Of("c", "dsn")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			first := make(chan error, 1)
			go func() {
				_, err := k.Look(ctx, d, relations("a"))
				first <- err
			}()
			synctest.Wait()
			var wait sync.WaitGroup
			for range 10 {
				wait.Go(func() { mustLook(t, k, d, relations("a")) })
			}
			synctest.Wait()
			if test.leave {
				cancel()
			}
			wait.Wait()
			if err := <-first; test.leave && !errors.Is(err, context.Canceled) || test.fail != nil && !errors.Is(err, test.fail) {
				t.Errorf("%s: the first: %v", test.what, err)
			}
			if got := d.asked.Load(); got != test.asked {
				t.Errorf("%s: %d questions, want %d", test.what, got, test.asked)
			}
		})
	}
}

// TestOtherSession: what was said to another role is not used, whichever session a
// question happens to meet.
func TestOtherSession(t *testing.T) {
	d := newFakeDatabase()
	k := NewCache(0).Of("c", "dsn")
	if s := mustLook(t, k, d, relations("a")); s.Role() != "r" {
		t.Errorf("role %s", s.Role())
	}
	d.role.Store("other")
	if s := mustLook(t, k, d, relations("a", "b")); s.Role() != "other" {
		t.Errorf("role %s after another one answered", s.Role())
	}
	if got := d.asked.Load(); got != 3 { // b alone, then all
		t.Errorf("%d questions, want 3", got)
	}
	// Behind a pooler each question may meet another session.
	d.before = func(context.Context) error {
		d.role.Store(fmt.Sprint("role", d.asked.Load()))
		return nil
	}
	s := mustLook(t, k, d, relations("a", "b", "c", "d"))
	if want := fmt.Sprint("role", d.asked.Load()); s.Role() != want {
		t.Errorf("role %s, want %s", s.Role(), want)
	}
}

// TestOtherLogin: another connection string of the same id begins anew.
func TestOtherLogin(t *testing.T) {
	d := newFakeDatabase()
	c := NewCache(0)
	old := c.Of("c", "one")
	mustLook(t, old, d, relations("a"))
	if c.Of("c", "one") != old {
		t.Error("the same connection has another catalog")
	}
	mustLook(t, c.Of("c", "two"), d, relations("a"))
	if got := d.asked.Load(); got != 2 {
		t.Errorf("%d questions, want 2", got)
	}
	mustLook(t, old, d, relations("a")) // a preview that began before
	mustLook(t, c.Of("c", "two"), d, relations("a"))
	if got := d.asked.Load(); got != 3 {
		t.Errorf("%d questions, want 3", got)
	}
}

// TestBytes: the cache stays within its bound, and a Look is answered however small
// that is.
func TestBytes(t *testing.T) {
	d := newFakeDatabase()
	const limit = 100 << 10
	c := NewCache(limit)
	for connection := range 20 {
		for table := range 100 {
			name := fmt.Sprintf("t%d_%d", connection, table)
			mustLook(t, c.Of(strconv.Itoa(connection), "dsn"), d, relations(name, "common"))
			if got := c.Bytes(); got > limit {
				t.Fatalf("%d bytes, want at most %d", got, limit)
			}
		}
	}
	if got := len(c.catalogs); got > 20 || got == 0 {
		t.Errorf("%d catalogs", got)
	}
	before := d.asked.Load()
	mustLook(t, c.Of("19", "dsn"), d, relations("t19_99", "common"))
	if d.asked.Load() != before {
		t.Error("what was used last is forgotten")
	}
	mustLook(t, NewCache(1).Of("c", "dsn"), d, relations("a", "b"))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.catalogs {
		k.clear()
	}
	if c.bytes != 0 || len(c.catalogs) != 0 || c.recent.next != &c.recent {
		t.Errorf("emptied, the cache counts %d bytes and %d catalogs", c.bytes, len(c.catalogs))
	}
}
