package analyze

import (
	"iter"
	"unicode/utf8"
)

// shortList is how many columns are looked through one by one.
const shortList = 16

// listed is a list of columns: where it begins and how long it is.
type listed struct {
	first  *field
	length int
}

// columnsNamed yields the columns of a list that a name may mean, in order. A long list that
// is asked for more than once is found by an index, so that the work on a text grows
// with its length.
func (a *analyzer) columnsNamed(columns []field, name string) iter.Seq[*field] {
	return func(yield func(*field) bool) {
		if len(columns) < shortList || !isASCII(name) {
			a.spend(len(columns) / columnsAtOnce)
			for i := range columns {
				if a.source.MayMean(name, columns[i].name) && !yield(&columns[i]) {
					return
				}
			}
			return
		}
		// A name in ASCII means that very column in every encoding.
		for _, i := range a.indexOf(columns)[name] {
			if !yield(&columns[i]) {
				return
			}
		}
	}
}

// indexOf returns the places of the names in a list of columns.
func (a *analyzer) indexOf(columns []field) map[string][]int {
	if len(columns) == 0 {
		return nil
	}
	at := listed{&columns[0], len(columns)}
	index := a.indexes[at]
	if index == nil {
		a.spend(len(columns))
		index = make(map[string][]int, len(columns))
		for i := range columns {
			index[columns[i].name] = append(index[columns[i].name], i)
		}
		a.indexes[at] = index
	}
	return index
}

func isASCII(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// setOf is a set of names.
func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}
