package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/catalog/catalogtest"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestEncodings: a name is found as the server reads it in its own encoding, and where
// the parser may have cut it elsewhere, that is told.
func TestEncodings(t *testing.T) {
	t.Parallel()
	// The parser cuts this name of 40 letters to 31; only UTF-8 databases do as well.
	long := strings.Repeat("é", 40)
	cut := strings.Repeat("é", 31)
	for _, test := range []struct {
		encoding  string
		found     bool // the cut name, in the database
		ambiguous bool
	}{{"UTF8", true, false}, {"LATIN1", false, true}, {"SQL_ASCII", false, true}} {
		server := pgtest.Start(t, pgtest.Options{Encoding: test.encoding})
		asker := catalogtest.Connect(t, server.DSN())
		asker.Exec(t, `set client_encoding = '`+test.encoding+`'`)
		if test.encoding == "LATIN1" {
			asker.Exec(t, `set client_encoding = 'UTF8'`)
		}
		asker.Exec(t, `create table éclair (id int); create table "ÉCLAIR" (id int); create table `+long+` (id int)`)
		n := names("relation:éclair relation:ÉCLAIR relation:" + cut)
		s, err := catalog.NewCache(0).Of("c", "").Look(context.Background(), asker, n)
		if err != nil {
			t.Fatalf("%s: %v", test.encoding, err)
		}
		if s.Encoding() != test.encoding {
			t.Errorf("%s: the encoding is %s", test.encoding, s.Encoding())
		}
		for _, name := range n.Relations[:2] {
			if r, ok := s.Relation(name); !ok || r.Name != name.Name {
				t.Errorf("%s: %s is %v", test.encoding, name.Name, r)
			}
		}
		if _, ok := s.Relation(n.Relations[2]); ok != test.found {
			t.Errorf("%s: the name that the parser cut is found: %v", test.encoding, ok)
		}
		if ambiguous := s.Ambiguous(n).Relations; (len(ambiguous) == 1 && ambiguous[0] == n.Relations[2]) != test.ambiguous {
			t.Errorf("%s: ambiguous are %v", test.encoding, ambiguous)
		}
		for _, c := range []struct {
			written, object string
			utf8, other     bool
		}{
			{"a", "a", true, true}, {"a", "b", false, false}, {"a", "A", false, false},
			{"É", "é", false, true}, {"é", "è", false, false}, {cut, long, false, true}, {cut, "é", false, false},
		} {
			want := c.other
			if test.encoding == "UTF8" {
				want = c.utf8
			}
			if got := s.MayMean(c.written, c.object); got != want {
				t.Errorf("%s: %q may mean %q: %v", test.encoding, c.written, c.object, got)
			}
		}
	}
}
