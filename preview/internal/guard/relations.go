package guard

import (
	"maps"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Relation is a table or view that the statement names.
type Relation struct {
	// Schema is as written; empty when the search path decides.
	Schema, Name string
	// Offset is the byte offset of the name in the text.
	Offset int
}

// secretRelations hold secrets, connection strings or values of columns. A name
// may end in * (any rest).
var secretRelations = map[string][]string{
	systemSchema: {
		"pg_authid", "pg_shadow", "pg_user_mapping", "pg_user_mappings", "pg_foreign_server",
		"pg_subscription", "pg_stat_wal_receiver", "pg_hba_file_rules", "pg_ident_file_mappings",
		"pg_file_settings", "pg_stats*", "pg_statistic", "pg_statistic_ext_data", "pg_largeobject",
	},
	"information_schema": {
		"user_mapping_options", "foreign_server_options", "_pg_user_mappings", "_pg_foreign_servers",
	},
	// The extension supabase_vault.
	"vault": {"secrets", "decrypted_secrets"},
}

func isSecret(schema, name string) bool {
	return slices.ContainsFunc(secretRelations[schema], func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(name, prefix)
		}
		return pattern == name
	})
}

// isCTE reports whether an unqualified name means a CTE where it stands.
func (f *facts) isCTE(t *table) bool {
	if t.schema != "" {
		return false
	}
	for s, upTo := t.scope, int32(-1); s >= 0; {
		sc := &f.scopes[s]
		if at, ok := sc.ctes[t.name]; ok && (upTo < 0 || sc.recursive || at < upTo) {
			return true
		}
		s, upTo = sc.parent, sc.upTo
	}
	return false
}

// relation returns the rule that refuses a relation, or "".
func (p *Policy) relation(schema, name string) (rule, hint string) {
	switch {
	case p.denySchemas[schema] && schema != "":
		return "schema-policy", "this installation does not allow the schema in a preview"
	case p.denyRelations.may(schema, name):
		return "relation-policy", "this installation does not allow the relation in a preview"
	}
	at := schema
	if at == "" {
		at = systemSchema
	}
	switch {
	case p.allowRelations.exactly(at, name):
		return "", ""
	case schema == "pg_toast":
		return "catalog-with-values", "it holds parts of stored values"
	case isSecret(at, name):
		return ruleSecrets, "it holds secrets or values of columns; an operator can allow it by schema.name"
	}
	return "", ""
}

// RefusesRelation reports whether a statement that names the relation is refused.
func (p *Policy) RefusesRelation(schema, name string) bool {
	rule, _ := p.orDefault().relation(schema, name)
	return rule != ""
}

// DeniedSchemas lists the schemas of Rules.DenySchemas.
func (p *Policy) DeniedSchemas() []string {
	return slices.Sorted(maps.Keys(p.orDefault().denySchemas))
}

// HoldsSecrets reports whether a relation is refused for what it holds, unless the
// operator allows it.
func (p *Policy) HoldsSecrets(schema, name string) bool {
	return (schema == "pg_toast" || isSecret(schema, name)) && !p.AllowsRelation(schema, name)
}

// AllowsRelation reports whether the operator allows the relation by name.
func (p *Policy) AllowsRelation(schema, name string) bool {
	return p.orDefault().allowRelations.exactly(schema, name)
}

func (c *checker) tables() []Relation {
	var list []Relation
	for i := range c.facts.tables {
		t := &c.facts.tables[i]
		if c.facts.isCTE(t) {
			continue
		}
		list = append(list, Relation{t.schema, t.name, t.loc})
		if rule, hint := c.policy.relation(t.schema, t.name); rule != "" && (rule != ruleSecrets || !c.showsPublicColumns(t)) {
			if _, ok := publicColumns[t.name]; ok && rule == ruleSecrets {
				hint = "name the columns that hold none (" + publicList(t.name) + "), without *; an operator can allow all by schema.name"
			}
			c.refuse(pgtree.Extent{Start: t.loc, End: c.nameEnd(t.loc)}, refusal{
				reason: reason.SyntaxNotAllowed, rule: rule,
				message: "the relation " + quoteName(t.schema, t.name) + " is not allowed",
				hint:    hint,
			})
		}
	}
	return list
}

// ruleSecrets refuses catalogs that hold secrets or values of columns.
const ruleSecrets = "catalog-with-secrets"

// publicList names some of the public columns of a relation.
func publicList(relation string) string {
	list := publicColumns[relation].public
	return strings.Join(list[:min(len(list), 8)], ", ")
}

// quoteName writes a name for a message.
func quoteName(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}
