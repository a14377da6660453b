package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/sanitize"
)

func TestConnectionRules(t *testing.T) {
	t.Parallel()
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "rules.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	all := sanitize.Config{Columns: sanitize.ColumnRules{Names: []string{"iban"}}}
	rules, err := openConnectionRules(file(`{"shop": {"max_rows": 5, "timeout": "2s", "mask_names": ["note"], "policy": {"deny_schemas": ["private"]},
		"search_path": "shop", "timezone": "UTC", "role": "reader", "variables": {"app.tenant_id": "a"}}, "plain": {}}`), all)
	if err != nil {
		t.Fatal(err)
	}
	shop := rules["shop"]
	if shop.Limits.MaxRows != 5 || shop.Limits.Timeout != 2*time.Second || shop.Session.Role != "reader" || shop.Session.SearchPath != "shop" ||
		shop.Session.TimeZone != "UTC" || shop.Session.Variables["app.tenant_id"] != "a" || shop.Policy.DenySchemas[0] != "private" ||
		!slices.Equal(shop.Sanitize.Columns.Names, []string{"iban", "note"}) {
		t.Errorf("the rules are %+v", shop)
	}
	if plain := rules["plain"]; plain.Policy != nil || plain.Sanitize != nil {
		t.Errorf("rules of nothing are %+v", plain)
	}
	if rules, err := openConnectionRules("", all); err != nil || rules != nil {
		t.Errorf("no file: %v, %v", rules, err)
	}
	for content, fault := range map[string]string{
		`[]`: "object of connection ids", `{"a": {"max_row": 1}}`: "max_row", `{"a": {}} {}`: "behind the object", `{"a": {"timeout": "5"}}`: "timeout",
		`{"a": {"policy": {"denied": []}}}`: "denied", `{"a": {"mask_columns": ["x"]}}`: `"a"`, `{"a": {"enable_detectors": ["nothing"]}}`: "nothing",
	} {
		if _, err := openConnectionRules(file(content), all); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v, want %q", content, err, fault)
		}
	}
	if _, err := openConnectionRules("/nowhere/rules.json", all); err == nil || strings.Contains(err.Error(), "nowhere") {
		t.Errorf("no such file: %v", err)
	}
}

func TestVariableClaims(t *testing.T) {
	t.Parallel()
	got, err := variableClaims([]string{"tenant_id=app.tenant_id", "https://claims.example/?a=b=app.level"})
	if want := map[string]string{"tenant_id": "app.tenant_id", "https://claims.example/?a=b": "app.level"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v (%v)", got, err)
	}
	for _, entry := range []string{"tenant_id", "=app.tenant_id", "tenant_id=", "tenant_id=search_path", "tenant_id=app.a b"} {
		if _, err := variableClaims([]string{entry}); err == nil {
			t.Errorf("%q was taken", entry)
		}
	}
	if _, err := variableClaims([]string{"a=app.x", "a=app.y"}); err == nil {
		t.Error("one claim for two variables was taken")
	}
}
