// Package corpus reads the collected attacks and honest queries of the module's
// testdata folder as cases of the harness.
package corpus

import (
	"os"
	"path/filepath"

	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

// Text is one collected text.
type Text struct {
	SQL string
	// About is the technique of an attack or the area of an honest query.
	About string
	// Honest tells that it comes from the honest queries.
	Honest bool
}

// Read returns the texts below a testdata folder, and the statements that make
// the tables which the honest queries read. Attacks that need a catalog of their
// own are left out, and queries that need what a test database does not have.
func Read(dir string) (texts []Text, schema string, err error) {
	attacks, err := corpus.Read(filepath.Join(dir, "attacks"), corpus.Attacks)
	if err != nil {
		return nil, "", err
	}
	for _, c := range attacks {
		if c.Keys["target"] != "yes" {
			texts = append(texts, Text{SQL: c.SQL, About: c.Keys["technique"]})
		}
	}
	honest, err := corpus.Read(filepath.Join(dir, "allowed"), corpus.Allowed)
	if err != nil {
		return nil, "", err
	}
	for _, c := range honest {
		if c.Keys["run"] != "no" {
			texts = append(texts, Text{SQL: c.SQL, About: c.Keys["area"], Honest: true})
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "allowed", "schema.sql"))
	return texts, string(content), err
}
