package guard

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// A Statement is a text that Check accepted.
type Statement struct {
	// Source is the author's text, unchanged.
	Source string
	// Start and End are the byte extent of the one statement in Source, without
	// the semicolons around it.
	Start, End int
	// Tables are the relations it names, CTEs excluded, in the order of the tree.
	Tables []Relation
	// Functions are the functions it calls, in the order of the tree.
	Functions []Function

	tree pgtree.Subtree
}

// SQL returns the statement as the author wrote it.
func (s *Statement) SQL() string { return s.Source[s.Start:s.End] }

// Fingerprint returns libpg_query's fingerprint of the statement: 16 hex digits, the
// same for texts that differ in constants, spacing and comments only. It parses the
// text again.
func (s *Statement) Fingerprint() (string, error) { return pgtree.Fingerprint(s.SQL()) }

// Tree returns the statement's node in the parser's JSON, whose locations count
// from pgtree.Indent bytes before Source. For a long statement it parses once more.
func (s *Statement) Tree() string { return s.tree.Text(s.Source) }

// ReadTree reads the statement's own tree; the cursor fails at anything else.
func (s *Statement) ReadTree(c *pgtree.Cursor) { c.Subtree(&s.tree) }

// detach copies the names out of the tree, which would stay in memory with them.
func (s *Statement) detach() {
	for i := range s.Functions {
		f := &s.Functions[i]
		f.Schema, f.Name, f.setting = strings.Clone(f.Schema), strings.Clone(f.Name), strings.Clone(f.setting)
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		t.Schema, t.Name = strings.Clone(t.Schema), strings.Clone(t.Name)
	}
}
