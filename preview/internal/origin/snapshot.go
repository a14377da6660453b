package origin

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// snapshotAge is how long a catalog's answers are believed, closuresKept how
	// many are.
	snapshotAge  = time.Minute
	closuresKept = 256
)

// Snapshot remembers what one target's catalog said, for a minute, so that an
// ordinary preview asks nothing. It may be used by many goroutines at a time.
type Snapshot struct {
	mu       sync.Mutex
	since    time.Time
	closures map[string]closure
	wholeRow map[string]bool
}

// closure is what the names of a statement mean, through views.
type closure struct {
	// named has the OIDs that the names themselves can mean.
	named []uint32
	all   map[uint32]*relation
	// unknown says that a name means no relation that the catalog lists: what the
	// statement reads is not known.
	unknown bool
}

// NewSnapshot makes an empty snapshot.
func NewSnapshot() *Snapshot { return &Snapshot{closures: make(map[string]closure)} }

// fresh forgets what is too old or too much. The caller holds the lock.
func (s *Snapshot) fresh() {
	if time.Since(s.since) > snapshotAge || len(s.closures) > closuresKept {
		s.since = time.Now()
		s.closures = make(map[string]closure)
		s.wholeRow = nil
	}
}

// closure returns what names mean, asking the target where that is not known or
// where the columns that came show that it has changed.
func (s *Snapshot) closure(ctx context.Context, target Target, names []name, columns []Column) (closure, error) {
	if len(names) == 0 {
		return closure{}, nil
	}
	unique := make(map[name]bool, len(names))
	for _, n := range names {
		unique[n] = true
	}
	names = slices.SortedFunc(maps.Keys(unique), func(a, b name) int { return strings.Compare(a.key(), b.key()) })
	var key strings.Builder
	for _, n := range names {
		key.WriteString(n.key())
	}
	known := func() any {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fresh()
		if c, ok := s.closures[key.String()]; ok && c.explains(columns) {
			return c
		}
		return nil
	}
	if c, ok := known().(closure); ok {
		return c, nil
	}
	start := time.Now()
	question := Question{SQL: closureQuery(names), Known: known, Read: func(rows [][]string, _ time.Time) (any, error) {
		found, err := meaning(names, rows)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closures[key.String()] = found
		return found, nil
	}}
	answer, asked, err := target.Catalog(ctx, question)
	if c, ok := answer.(closure); err == nil && ok && asked.Before(start) && !c.explains(columns) {
		// Somebody else asked, before the columns were made.
		question.Since = start
		answer, _, err = target.Catalog(ctx, question)
	}
	if err != nil {
		return closure{}, err
	}
	found, ok := answer.(closure)
	if !ok {
		return closure{}, errCatalog
	}
	return found, nil
}

// meaning reads what names mean; none of them repeats.
func meaning(names []name, rows [][]string) (closure, error) {
	all, err := readClosure(rows)
	if err != nil {
		return closure{}, err
	}
	unique := make(map[name]bool, len(names))
	for _, n := range names {
		unique[n] = true
	}
	found := closure{all: all}
	listed := make(map[name]bool, len(unique))
	for oid, r := range all {
		qualified, bare := name{r.schema, r.name}, name{"", r.name}
		if unique[qualified] || unique[bare] {
			found.named = append(found.named, oid)
			listed[qualified], listed[bare] = true, true
		}
	}
	for n := range unique {
		found.unknown = found.unknown || !listed[n]
	}
	return found, nil
}

// explains tells whether every origin is known; one that is not is of a table
// or column made after the catalog was asked.
func (c closure) explains(columns []Column) bool {
	for _, column := range columns {
		if !column.isUserColumn() {
			continue
		}
		r := c.all[column.Table]
		if r == nil || r.columns[column.Attribute] == "" {
			return false
		}
	}
	return true
}

// key is the name in a form that no other name has.
func (n name) key() string { return n.schema + "\x00" + n.relation + "\x00" }

func (s *Snapshot) wholeRowFunctions(ctx context.Context, target Target) (map[string]bool, error) {
	known := func() any {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fresh()
		if s.wholeRow == nil {
			return nil
		}
		return s.wholeRow
	}
	if functions, ok := known().(map[string]bool); ok {
		return functions, nil
	}
	answer, _, err := target.Catalog(ctx, Question{SQL: wholeRowQuery, Known: known, Read: func(rows [][]string, _ time.Time) (any, error) {
		functions := make(map[string]bool, len(rows))
		for _, row := range rows {
			if len(row) != 1 {
				return nil, errCatalog
			}
			functions[fold(row[0])] = true
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wholeRow = functions
		return functions, nil
	}})
	if err != nil {
		return nil, err
	}
	functions, ok := answer.(map[string]bool)
	if !ok {
		return nil, errCatalog
	}
	return functions, nil
}
