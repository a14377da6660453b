// Package clidoc makes shell completions and manual pages from a command line that
// kong reads. Both are static texts: neither runs the program nor names where it
// lies.
package clidoc

import (
	"cmp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Command is a program or one of its commands.
type Command struct {
	Name string
	// Help is a sentence; Detail the rest, in lines, of which those that begin with
	// two spaces are to stay as they are.
	Help, Detail string
	Flags        []Flag
	Arguments    []Argument
	Commands     []Command
}

// Flag is --Name, also -Short where that is not zero.
type Flag struct {
	Name  string
	Short rune
	Help  string
	// Placeholder names the flag's value; it is empty for a flag without one.
	Placeholder string
	Values      Values
	Repeats     bool
}

// Argument is a positional argument.
type Argument struct {
	Name, Help string
	Optional   bool
	Values     Values
}

// Values says what a value may be, as far as a shell can complete it.
type Values struct {
	Files, Folders bool
	Words          []string
	// Suffix is written behind a word, without a space after it.
	Suffix string
}

// Of describes a command line. words has the values that placeholders stand for,
// beside FILE and DIR.
func Of(app *kong.Application, words map[string]Values) Command {
	return commandOf(app.Node, nil, words)
}

func commandOf(node *kong.Node, inherited []Flag, words map[string]Values) Command {
	c := Command{Name: node.Name, Help: node.Help, Detail: strings.TrimRight(node.Detail, "\n"), Flags: slices.Clone(inherited)}
	for _, flag := range node.Flags {
		if flag.Hidden {
			continue
		}
		f := Flag{Name: flag.Name, Short: flag.Short, Help: flag.Help, Repeats: flag.IsCumulative()}
		if !flag.IsBool() {
			f.Placeholder = cmp.Or(flag.PlaceHolder, strings.ToUpper(flag.Name))
			f.Values = valuesOf(flag.Value, f.Placeholder, words)
		}
		c.Flags = append(c.Flags, f)
	}
	for _, value := range node.Positional {
		c.Arguments = append(c.Arguments, Argument{
			Name: value.Name, Help: value.Help, Optional: !value.Required, Values: valuesOf(value, strings.ToUpper(value.Name), words),
		})
	}
	for _, child := range node.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			c.Commands = append(c.Commands, commandOf(child, c.Flags, words))
		}
	}
	return c
}

func valuesOf(value *kong.Value, placeholder string, words map[string]Values) Values {
	if value.Enum != "" {
		return Values{Words: value.EnumSlice()}
	}
	switch placeholder {
	case "FILE":
		return Values{Files: true}
	case "DIR":
		return Values{Folders: true}
	}
	return words[placeholder]
}

// A place is a command with the names that lead to it, the program's left out.
type place struct {
	path string
	Command
}

// places lists a command and all below it.
func (c Command) places() []place {
	all := []place{{"", c}}
	for i := 0; i < len(all); i++ {
		for _, child := range all[i].Commands {
			all = append(all, place{strings.TrimSpace(all[i].path + " " + child.Name), child})
		}
	}
	return all
}

// brief is the first sentence of a help text.
func brief(help string) string {
	sentence, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(sentence, ".")
}
