package main

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// A setting is one entry of the list of settings, from which come the keys of the
// file, the environment variables, --set, the flags' help, the JSON Schema, the
// example, the manual page and the tables of the README.
type setting struct {
	// key is the name in the file; see config.
	key string
	// value points into the config: a *string, *[]string, *bool, *int, *int64 or
	// *time.Duration. Its default is what defaults says.
	value any
	// about says in a sentence what it is, more what else there is to know. Both
	// are Markdown in one line.
	about, more string
	// most is the largest number or time that is taken; 0 is no bound.
	most int64
	// oneOf lists the texts that are taken, beside the empty one, which means the
	// default; nil for any text.
	oneOf []string
	// unset says what an empty value means where the default is no value, "none"
	// where it says nothing.
	unset string
	// example is a value for the example file where the default is no value.
	example string
}

// A settingGroup is what a table of the README shows.
type settingGroup struct {
	// name is in the table's markers, title its heading elsewhere.
	name, title string
	settings    []setting
}

// settings lists every setting by its key; a value is a pointer into c.
func (c *config) settings() map[string]any {
	values := map[string]any{}
	for s := range c.each() {
		values[s.key] = s.value
	}
	return values
}

// each lists every setting in the order of the groups.
func (c *config) each() iter.Seq[setting] {
	return func(yield func(setting) bool) {
		for _, group := range c.groups() {
			for _, s := range group.settings {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// typeName says in a word or two what a value is.
func (s setting) typeName() string {
	bound := func(show func(int64) string) string {
		if s.most == 0 {
			return ""
		}
		return " up to " + show(s.most)
	}
	switch s.value.(type) {
	case *string:
		return "text"
	case *[]string:
		return "list"
	case *bool:
		return "true or false"
	case *time.Duration:
		return "time" + bound(func(n int64) string { return shortDuration(time.Duration(n)) })
	default:
		return "number" + bound(func(n int64) string { return strconv.FormatInt(n, 10) })
	}
}

// defaultText is the value of s as a setting's text, empty for no value: of a
// setting of defaults, its default.
func (s setting) defaultText() string {
	switch value := s.value.(type) {
	case *string:
		return *value
	case *[]string:
		return strings.Join(*value, ",")
	case *time.Duration:
		return shortDuration(*value)
	case *bool:
		return strconv.FormatBool(*value)
	case *int:
		return strconv.Itoa(*value)
	case *int64:
		return strconv.FormatInt(*value, 10)
	}
	panic(fmt.Sprintf("the setting %s has a value of type %T", s.key, s.value))
}

// shortDuration writes a time as a person does: 1m, not 1m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// unsetText says what no value means.
func (s setting) unsetText() string {
	if s.unset == "" {
		return "none"
	}
	return s.unset
}

// plain takes the marks of Markdown out of a text.
func plain(markdown string) string {
	return strings.NewReplacer("`", "", "**", "").Replace(markdown)
}

// helpTexts are kong's variables: help_KEY is what a setting is, for the help of the
// flag that sets it.
func helpTexts() map[string]string {
	texts := map[string]string{}
	for s := range defaults().each() {
		text, otherwise := plain(s.about), s.defaultText()
		if otherwise == "" {
			otherwise = plain(s.unset)
		}
		if text += " Default: " + variableOf(s.key); otherwise != "" {
			text += ", else " + otherwise
		}
		text += "."
		texts["help_"+s.key] = text
	}
	return texts
}
