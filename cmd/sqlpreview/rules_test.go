package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

func TestRulesFaults(t *testing.T) {
	wrongKey := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(wrongKey, []byte(`{"stirct": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		rules rules
		fault string
	}{
		"no such file":      {rules{PolicyFile: "/nowhere/policy.json"}, "policy_file"},
		"an unknown key":    {rules{PolicyFile: wrongKey}, "stirct"},
		"not a column":      {rules{MaskColumns: []string{"customers"}}, "schema.table.column"},
		"no such detector":  {rules{DisableDetectors: []string{"nonesuch"}}, "nonesuch"},
		"no such detectors": {rules{EnableDetectors: []string{"nonesuch"}}, "nonesuch"},
	} {
		if _, _, err := c.rules.open(); err == nil || !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v does not say %q", name, err, c.fault)
		}
	}
}

// TestRulesReachThePreviews: what the operator's settings say holds in the
// sidecar's core.
func TestRulesReachThePreviews(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, `
		create table people (id int, shoe_size text);
		insert into people values (1, 'canary');
		create table payroll (id int);
		create function tick() returns int language sql volatile as 'select 1';`)
	policy := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(policy, []byte(`{"deny_relations": ["payroll"], "allow_functions": ["public.tick"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{
		"OP_PREVIEW_DSN": dsn, "OP_PREVIEW_POLICY_FILE": policy, "OP_PREVIEW_MASK_COLUMNS": "public.people.shoe_size",
	}
	config, err := loadConfig("", &environment{getenv: func(name string) string { return variables[name] }})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSidecar(t.Context(), config, nil, &environment{stderr: &lockedBuffer{}, getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()

	result, err := s.previewer.Preview(t.Context(), preview.Request{SQL: "select id, shoe_size, public.tick() from people"})
	if err != nil {
		t.Fatal(err)
	}
	cell := result.Rows[0][1]
	if strings.Contains(cell.Text, "canary") || cell.Changes == nil || !cell.Changes.Kinds.Has(sanitize.MaskedColumn) {
		t.Errorf("the operator's column is not masked: %+v", cell)
	}
	if _, err := s.previewer.Preview(t.Context(), preview.Request{SQL: "select * from payroll"}); preview.ReasonOf(err) != reason.SyntaxNotAllowed {
		t.Errorf("the operator's relation is not refused: %v", err)
	}
}

// TestUnauthenticatedCallersAreRefused: a listener for other machines asks for a proof.
func TestUnauthenticatedCallersAreRefused(t *testing.T) {
	for address, want := range map[string]bool{"0.0.0.0:7777": true, "127.0.0.1:7777": true, "unix:/run/x.sock": false} {
		if got := exposed(address, &tls.Config{MinVersion: tls.VersionTLS13}); got != want {
			t.Errorf("%s: exposed is %v, want %v", address, got, want)
		}
	}
	dir := t.TempDir()
	cert, key := certificate(t, nil, nil, "sidecar", 0)
	file := filepath.Join(dir, "tls.pem")
	if err := os.WriteFile(file, []byte(pemOf(t, cert, nil)+pemOf(t, nil, key)), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := loadConfig("", &environment{getenv: func(name string) string {
		return map[string]string{
			"OP_PREVIEW_DSN": "host=/nowhere", "OP_PREVIEW_LISTEN": "0.0.0.0:0",
			"OP_PREVIEW_TLS_CERT_FILE": file, "OP_PREVIEW_TLS_KEY_FILE": file,
		}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = newSidecar(t.Context(), config, nil, &environment{stderr: &lockedBuffer{}, getenv: func(string) string { return "" }})
	if err == nil || !strings.Contains(err.Error(), "token_file") {
		t.Errorf("a sidecar that anybody can call starts: %v", err)
	}
}

// A configuration that names a detector of an earlier version starts, and warns.
func TestRemovedDetectorWarns(t *testing.T) {
	t.Parallel()
	r := rules{EnableDetectors: []string{"high_entropy"}}
	if _, _, err := r.open(); err != nil {
		t.Error(err)
	}
	if warnings := r.masking().Warnings(); len(warnings) != 1 {
		t.Errorf("warnings %q", warnings)
	}
}
