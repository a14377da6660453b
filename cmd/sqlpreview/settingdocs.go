package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// tableOf is the README's table of a group of settings, which must be of defaults.
func tableOf(group settingGroup) string {
	var b strings.Builder
	b.WriteString("| setting | type | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, s := range group.settings {
		meaning := s.about
		if s.more != "" {
			meaning += " " + s.more
		}
		value := s.unsetText()
		if text := s.defaultText(); text != "" {
			value = "`" + text + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.key, s.typeName(), value, strings.ReplaceAll(meaning, "|", `\|`))
	}
	return b.String()
}

// The settings' JSON Schema: https://json-schema.org/draft/2020-12/schema.
const (
	schemaDialect = "https://json-schema.org/draft/2020-12/schema"
	schemaID      = "urn:op-data:sqlpreview:settings"
)

// durationPattern matches what time.ParseDuration takes and is not negative.
const durationPattern = `^\+?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*)$`

// settingsSchema is the JSON Schema of the settings file. It describes a file by
// itself: what several settings say together, and what files hold, config check and
// the start look at.
func settingsSchema() (*jsonschema.Schema, error) {
	schema := &jsonschema.Schema{
		Schema:      schemaDialect,
		ID:          schemaID,
		Title:       "Settings of sqlpreview",
		Description: "The file of --config and OP_PREVIEW_CONFIG. An empty value, and a zero of which nothing else is said, means the default.",
		Type:        "object",
		Properties: map[string]*jsonschema.Schema{
			schemaKey: {Type: "string", Description: "The place of this schema, for an editor; sqlpreview does not read it."},
		},
		PropertyOrder:        []string{schemaKey},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for s := range defaults().each() {
		property, err := s.schema()
		if err != nil {
			return nil, err
		}
		schema.Properties[s.key] = property
		schema.PropertyOrder = append(schema.PropertyOrder, s.key)
	}
	return schema, nil
}

// schema describes one setting of defaults.
func (s setting) schema() (*jsonschema.Schema, error) {
	property := &jsonschema.Schema{Description: plain(strings.TrimSpace(s.about + " " + s.more))}
	least := 0.0
	value := s.value
	switch of := s.value.(type) {
	case *string:
		property.Type = "string"
		if s.oneOf != nil {
			property.Enum = []any{""}
			for _, text := range s.oneOf {
				property.Enum = append(property.Enum, text)
			}
		}
	case *[]string:
		property.Type, property.Items = "array", &jsonschema.Schema{Type: "string"}
	case *bool:
		property.Type = "boolean"
	case *time.Duration:
		property.Type, property.Pattern = "string", durationPattern
		value = shortDuration(*of)
		if s.most > 0 {
			property.Description += fmt.Sprintf(" At most %s.", shortDuration(time.Duration(s.most)))
		}
	default:
		property.Type, property.Minimum = "integer", &least
		if s.most > 0 {
			most := float64(s.most)
			property.Maximum = &most
		}
	}
	if s.defaultText() == "" {
		property.Description += fmt.Sprintf(" Default: %s.", plain(s.unsetText()))
	} else {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		property.Default = text
	}
	property.Description += fmt.Sprintf(" Environment: %s.", variableOf(s.key))
	return property, nil
}

// exampleWidth is where the example's comments are wrapped.
const exampleWidth = 100

// exampleFile is a settings file in which every setting stands, commented out, with
// its default or a value that shows its form.
func exampleFile() (string, error) {
	var b strings.Builder
	b.WriteString("// Settings of sqlpreview: the file of --config and OP_PREVIEW_CONFIG. Each stands here commented out,\n" +
		"// with its default or, where that is no value, an example. \"sqlpreview config check FILE\" finds faults.\n{\n")
	for _, group := range defaults().groups() {
		fmt.Fprintf(&b, "\n  // ---- %s ----\n", group.title)
		for _, s := range group.settings {
			text, note := s.defaultText(), ""
			if text == "" {
				text, note = s.example, fmt.Sprintf(" Default: %s.", plain(s.unsetText()))
			}
			if err := setText(s.value, text); err != nil {
				return "", fmt.Errorf("the example of %s: %w", s.key, err)
			}
			value := s.value
			if duration, ok := s.value.(*time.Duration); ok {
				value = shortDuration(*duration)
			}
			written, err := json.Marshal(value)
			if err != nil {
				return "", err
			}
			b.WriteString("\n" + wrapped("  // ", plain(strings.TrimSpace(s.about+" "+s.more))+note))
			fmt.Fprintf(&b, "  // %q: %s,\n", s.key, written)
		}
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// wrapped breaks a text into lines that begin with prefix.
func wrapped(prefix, text string) string {
	var b strings.Builder
	width := 0
	for _, word := range strings.Fields(text) {
		switch {
		case width == 0:
			b.WriteString(prefix)
			width = len(prefix)
		case width+1+len(word) > exampleWidth:
			b.WriteString("\n" + prefix)
			width = len(prefix)
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String() + "\n"
}
