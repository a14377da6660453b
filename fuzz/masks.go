package fuzz

import (
	"fmt"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/fuzz/internal/resolution"
	"github.com/op-data/sqlpreview/fuzz/internal/rewritten"
	"github.com/op-data/sqlpreview/sanitize"
)

// masks compares the columns that a gateway masked with those that can show a
// masked column of the database, by the origins in the server's own tree.
type masks struct {
	rules   *sanitize.Sanitizer
	catalog *rewritten.Catalog
	// viewsUnread tells that the gateway reads no view's text, because the session's
	// search path has schemas of the database's before pg_catalog: what comes of a view
	// may then be masked.
	viewsUnread bool
}

// textTypes are the types whose values can hold a secret text, beside arrays of
// them: text, varchar, bpchar, bytea, name, json, jsonb, xml.
var textTypes = map[uint32]bool{
	25: true, 1043: true, 1042: true, 17: true, 19: true, 114: true, 3802: true, 142: true,
	1009: true, 1015: true, 1014: true, 1001: true, 1003: true, 199: true, 3807: true, 143: true,
}

// findings judges an answer. judged is what the oracle of resolution read for the
// same text.
func (m *masks) findings(answer *gateway.Answer, judged resolution.Outcome) []resolution.Finding {
	if answer == nil || !judged.Compared || len(judged.Answer.Queries) != 1 || !m.judgeable(judged) {
		return nil
	}
	query := judged.Answer.Queries[0]
	columns := m.catalog.Columns(query)
	mentioned := m.anyMasked(m.catalog.Mentions(query)) || m.viewsUnread && m.readsView(judged)
	var findings []resolution.Finding
	for i, column := range columns {
		if i >= len(answer.Columns) || i >= len(judged.Answer.Outputs) {
			break
		}
		shown, hidden := cellsOf(answer, i)
		masked := m.anyMasked(column.Origins)
		switch {
		case masked && shown > 0 && textTypes[judged.Answer.Outputs[i]]:
			findings = append(findings, resolution.Finding{Kind: "a masked column is shown",
				Detail: fmt.Sprintf("output column %d can show a masked column, and %d of its cells are not masked", i+1, shown)})
		case hidden > 0 && !masked && !mentioned && (column.Plain || !m.secretName(answer.Columns[i])):
			findings = append(findings, resolution.Finding{Kind: "a column is masked without ground",
				Detail: fmt.Sprintf("output column %d is masked, and neither shows a masked column nor computes with one", i+1)})
		}
	}
	return findings
}

// judgeable reports whether a query reads tables of the database's own alone.
// PostgreSQL's and extensions' own columns are masked by rules of their own, and a
// function of the database's may read what no tree shows.
func (m *masks) judgeable(judged resolution.Outcome) bool {
	for _, relation := range m.catalog.Relations(judged.Answer.Queries) {
		if relation.Builtin() || relation.Extension != "" {
			return false
		}
	}
	for _, use := range m.catalog.Functions(judged.Answer.Queries, nil) {
		if use.Function.Name == "current_setting" || !use.Function.Builtin() && use.Function.Language != "internal" {
			return false
		}
	}
	return true
}

func (m *masks) readsView(judged resolution.Outcome) bool {
	for _, relation := range m.catalog.Relations(judged.Answer.Queries) {
		if relation.Kind == 'v' || relation.Kind == 'm' {
			return true
		}
	}
	return false
}

// cellsOf counts the cells of a column that are not NULL: those that are not
// masked and those that are. A cell that is not of any length shows nothing.
func cellsOf(answer *gateway.Answer, column int) (shown, hidden int) {
	for _, row := range answer.Rows {
		switch cell := row[column]; {
		case cell.Masked:
			hidden++
		case !cell.Null && cell.Text != "":
			shown++
		}
	}
	return shown, hidden
}

func (m *masks) anyMasked(origins map[rewritten.Origin]bool) bool {
	for origin := range origins {
		relation, column, whole := m.catalog.ColumnName(origin)
		if relation == nil {
			continue
		}
		names := []string{column}
		if whole {
			names = relation.ColumnNames()
		}
		var parents []sanitize.TableID
		for _, parent := range m.catalog.Ancestors(relation) {
			parents = append(parents, sanitize.TableID{Schema: parent.Schema, Name: parent.Name})
		}
		for _, name := range names {
			if m.rules.MasksColumn(sanitize.ColumnID{Schema: relation.Schema, Table: relation.Name, Column: name}, parents...) {
				return true
			}
		}
	}
	return false
}

// secretName reports whether a column of the name is masked wherever it comes from.
func (m *masks) secretName(name string) bool {
	return m.rules.MasksColumn(sanitize.ColumnID{Schema: "public", Table: "x", Column: name})
}
