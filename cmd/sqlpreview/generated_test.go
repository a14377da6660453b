package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/server/auth"
)

var update = flag.Bool("update", false, "write the files that are made from the list of settings anew; the run fails all the same")

// fresh compares a committed file with what is made now.
func fresh(t *testing.T, file, want string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if string(got) == want {
		return
	}
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s is stale: run go test ./cmd/sqlpreview -run TestGenerated -update and commit what it changes", file)
}

// printed is what a command line prints; it must end with status 0.
func printed(t *testing.T, arguments ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(arguments, &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }})
	if code != exitOK {
		t.Fatalf("%v: status %d: %s", arguments, code, errs.String())
	}
	return out.String()
}

func TestGeneratedReadme(t *testing.T) {
	content, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]string{}
	for _, group := range defaults().groups() {
		tables[group.name] = tableOf(group)
	}
	marks := regexp.MustCompile(`(?s)<!-- settings: (\w+) -->\n.*?<!-- end -->`)
	want := marks.ReplaceAllStringFunc(string(content), func(old string) string {
		name := marks.FindStringSubmatch(old)[1]
		table, ok := tables[name]
		if !ok {
			t.Errorf("README.md: there is no group of settings %q, or its table stands there twice", name)
		}
		delete(tables, name)
		return "<!-- settings: " + name + " -->\n" + table + "<!-- end -->"
	})
	for name := range tables {
		t.Errorf("README.md lacks the table of the settings %q", name)
	}
	fresh(t, "README.md", want)
}

func TestGeneratedSchema(t *testing.T) {
	fresh(t, "deploy/settings.schema.json", printed(t, "config", "schema"))
}

func TestGeneratedExample(t *testing.T) {
	fresh(t, "deploy/sqlpreview.jsonc", printed(t, "config", "example"))
}

// TestSettingsAreWhole: what the list says of each setting can be used everywhere.
func TestSettingsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for s := range defaults().each() {
		if seen[s.key] {
			t.Errorf("%s stands in the list twice", s.key)
		}
		seen[s.key] = true
		if !strings.HasSuffix(s.about, ".") || s.more != "" && !strings.HasSuffix(s.more, ".") {
			t.Errorf("%s: a text is no sentence", s.key)
		}
		if strings.ContainsAny(s.about+s.more+s.unset, "\n|") {
			t.Errorf("%s: a text does not fit into a table", s.key)
		}
		if s.defaultText() == "" && s.example == "" {
			t.Errorf("%s has neither a default nor an example", s.key)
		}
	}
	// A field of the configuration that is no setting would be out of everyone's reach.
	reached := map[any]bool{}
	c := defaults()
	for _, value := range c.settings() {
		reached[value] = true
	}
	notSettings := map[string]bool{"Sources.DSN": true, "Sources.AgentDSN": true, "Pool.IdleTimeout": true}
	var walk func(path string, value reflect.Value)
	walk = func(path string, value reflect.Value) {
		for i := range value.NumField() {
			field, name := value.Field(i), value.Type().Field(i)
			if !name.IsExported() || notSettings[path+name.Name] || strings.HasPrefix(path, "Pool.") {
				continue
			}
			if field.Kind() == reflect.Struct {
				walk(path+name.Name+".", field)
			} else if !reached[field.Addr().Interface()] {
				t.Errorf("config.%s%s is no setting", path, name.Name)
			}
		}
	}
	walk("", reflect.ValueOf(c).Elem())
}

// TestSchemaAgreesWithTheLoader: what the loader takes of a single setting the schema
// takes, and what the schema refuses the loader refuses.
func TestSchemaAgreesWithTheLoader(t *testing.T) {
	var schema jsonschema.Schema
	if err := json.Unmarshal([]byte(printed(t, "config", "schema")), &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(schema.Properties) != len(defaults().settings())+1 {
		t.Errorf("the schema has %d properties", len(schema.Properties))
	}
	// What is in force can be given back.
	var inForce any
	if err := json.Unmarshal([]byte(printed(t, "serve", "--print-config")), &inForce); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(inForce); err != nil {
		t.Errorf("the schema refuses what --print-config prints: %v", err)
	}
	values := []string{
		`""`, `"x"`, `"B"`, `"b"`, `"ES256"`, `"none"`, `"10s"`, `"1h0m0.5s"`, `"+1us"`, `"1µs"`, `".5s"`, `"-1s"`, `"1"`, `"1 s"`, `"0"`, `"99h"`,
		`0`, `1`, `2`, `-1`, `100`, `101`, `1664`, `1.5`, `1000000000`, `true`, `"true"`, `[]`, `["10.0.0.0/8"]`, `[1]`, `{}`, `"127.0.0.1:0"`,
	}
	for s := range defaults().each() {
		for _, value := range values {
			text := `{"` + s.key + `": ` + value + `}`
			var instance any
			if err := json.Unmarshal([]byte(text), &instance); err != nil {
				t.Fatal(err)
			}
			valid := resolved.Validate(instance) == nil
			c := defaults()
			fault := errors.Join(append(c.read("file", []byte(text)), c.settle()...)...)
			// Which texts of a choice are taken is seen in TestBoundsAreTheCores, and
			// the schema cannot say how long a time may be.
			if !valid && fault == nil && s.oneOf == nil {
				t.Errorf("the schema refuses %s, which the loader takes", text)
			}
			if valid && fault != nil && !strings.Contains(fault.Error(), "is neither unix:PATH") && !strings.Contains(fault.Error(), "is not an origin") &&
				(!strings.HasPrefix(s.typeName(), "time") || !strings.Contains(fault.Error(), "is more than")) {
				t.Errorf("the schema takes %s, which the loader refuses: %v", text, fault)
			}
		}
	}
}

// TestExampleIsUsable: as it stands it changes nothing, and so does each of its lines
// by itself where it shows a default.
func TestExampleIsUsable(t *testing.T) {
	example := printed(t, "config", "example")
	folder := t.TempDir()
	file := filepath.Join(folder, "sqlpreview.jsonc")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(example)
	if got, want := printed(t, "serve", "--config", file, "--print-config"), printed(t, "serve", "--print-config"); got != want {
		t.Errorf("the example changes the settings: %s", got)
	}
	shown := 0
	for line := range strings.Lines(example) {
		setting, ok := strings.CutPrefix(line, `  // "`)
		if !ok {
			continue
		}
		shown++
		// An editor takes the mark of the comment away and leaves the comma.
		write(strings.Replace(example, line, `  "`+setting, 1))
		var errs bytes.Buffer
		code := run([]string{"config", "check", file}, &environment{stdout: io.Discard, stderr: &errs, getenv: func(string) string { return "" }})
		// Some need another setting beside them, which is the loader's to say.
		if code != exitOK && !strings.Contains(errs.String(), "must be set too") && !strings.Contains(errs.String(), "belong together") &&
			!strings.Contains(errs.String(), "which turns it on") && !strings.Contains(errs.String(), "client certificates need TLS") {
			t.Errorf("%s: %s", strings.TrimSpace(setting), errs.String())
		}
	}
	if shown != len(defaults().settings()) {
		t.Errorf("the example shows %d of %d settings", shown, len(defaults().settings()))
	}
}

// TestBoundsAreTheCores: the list says the most that the packages below take.
func TestBoundsAreTheCores(t *testing.T) {
	for s := range defaults().each() {
		if s.most == 0 {
			continue
		}
		for _, more := range []int64{0, 1} {
			c := defaults()
			if err := setText(c.settings()[s.key], s.defaultText()); err != nil {
				t.Fatal(err)
			}
			switch value := c.settings()[s.key].(type) {
			case *int:
				*value = int(s.most + more)
			case *int64:
				*value = s.most + more
			default:
				continue // a time; the same bound by the same function
			}
			if s.key == "vault_kv_version" {
				continue // Vault's client has its own
			}
			previewer, err := preview.New(preview.Config{
				Resolver: preview.StaticConnections(nil), Limits: c.Limits, Pool: c.Pool, LargeAnswers: c.LargeAnswers,
			})
			if (err != nil) != (more > 0) {
				t.Errorf("%s=%d: %v", s.key, s.most+more, err)
			}
			if err == nil {
				previewer.Close()
			}
		}
	}
	for s := range defaults().each() {
		if s.key == "min_grade" {
			for _, grade := range append(s.oneOf, "E", "b", "best") {
				if _, err := doctor.ParseGrade(grade); (err == nil) != slices.Contains(s.oneOf, grade) {
					t.Errorf("%s: %v", grade, err)
				}
			}
		}
		if s.key != "jwt_algorithm" {
			continue
		}
		for _, algorithm := range append(s.oneOf, "HS256", "none") {
			_, err := auth.AccessToken(auth.TokenConfig{
				Issuer: "https://i.example.com", Audience: "a", Organization: "o", KeysURL: "https://i.example.com/k", Algorithm: algorithm,
			})
			if (err != nil) != (algorithm == "HS256" || algorithm == "none") {
				t.Errorf("%s: %v", algorithm, err)
			}
		}
	}
}

// chartSets are the settings that the chart's own templates set.
var chartSets = []string{"listen", "connections_dir", "egress_dir", "admin_listen", "admin_allow_remote"}

// TestGeneratedChartSchema: a values file knows every setting that is left to it.
func TestGeneratedChartSchema(t *testing.T) {
	const file = "deploy/chart/values.schema.json"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	var settings struct {
		Properties map[string]any `json:"properties"`
	}
	if err := errors.Join(json.Unmarshal(content, &schema), json.Unmarshal([]byte(printed(t, "config", "schema")), &settings)); err != nil {
		t.Fatal(err)
	}
	templates, err := os.ReadFile("deploy/chart/templates/_sidecar.tpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range append(chartSets, schemaKey) {
		delete(settings.Properties, key)
		if key != schemaKey && !strings.Contains(string(templates), variableOf(key)+",") {
			t.Errorf("the chart does not set %s", key)
		}
	}
	schema["properties"].(map[string]any)["settings"] = map[string]any{
		"type": "object", "additionalProperties": false, "properties": settings.Properties,
	}
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		t.Fatal(err)
	}
	fresh(t, file, want.String())
}
