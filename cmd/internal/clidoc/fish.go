package clidoc

import (
	"fmt"
	"strings"
)

// Fish returns a completion for fish.
func Fish(program Command) string {
	var b strings.Builder
	name := "__" + identifier(program.Name)
	all := program.places()
	fmt.Fprintf(&b, "# fish completion for %s. Install it as %s.fish in a folder of $fish_complete_path, or source it.\n", program.Name, program.Name)
	fmt.Fprintf(&b, "function %s_at\n    set -l path ''\n    for word in (commandline -opc)[2..-1]\n        switch \"$path $word\"\n", name)
	for _, at := range all[1:] {
		parent, child := "", at.path
		if i := strings.LastIndexByte(at.path, ' '); i >= 0 {
			parent, child = at.path[:i], at.path[i+1:]
		}
		fmt.Fprintf(&b, "            case %s\n                set path %s\n", fishQuoted(parent+" "+child), fishQuoted(at.path))
	}
	b.WriteString("        end\n    end\n    test \"$path\" = \"$argv[1]\"\nend\n")
	fmt.Fprintf(&b, "complete -c %s -f\n", program.Name)
	for _, at := range all {
		when := fishQuoted(fmt.Sprintf("%s_at %s", name, fishQuoted(at.path)))
		for _, child := range at.Commands {
			fmt.Fprintf(&b, "complete -c %s -n %s -a %s -d %s\n", program.Name, when, fishQuoted(child.Name), fishQuoted(brief(child.Help)))
		}
		for _, flag := range at.Flags {
			fmt.Fprintf(&b, "complete -c %s -n %s -l %s", program.Name, when, flag.Name)
			if flag.Short != 0 {
				fmt.Fprintf(&b, " -s %c", flag.Short)
			}
			switch {
			case flag.Values.Files:
				b.WriteString(" -r")
			case flag.Placeholder != "":
				b.WriteString(" -x")
			}
			b.WriteString(fishValues(flag.Values))
			fmt.Fprintf(&b, " -d %s\n", fishQuoted(brief(flag.Help)))
		}
		if len(at.Arguments) > 0 && fishValues(at.Arguments[0].Values) != "" {
			fmt.Fprintf(&b, "complete -c %s -n %s%s\n", program.Name, when, fishValues(at.Arguments[0].Values))
		}
	}
	return b.String()
}

func fishValues(v Values) string {
	switch {
	case v.Files:
		return " -F"
	case v.Folders:
		return " -a '(__fish_complete_directories)'"
	case len(v.Words) > 0:
		words := make([]string, len(v.Words))
		for i, word := range v.Words {
			words[i] = word + v.Suffix
		}
		return " -a " + fishQuoted(strings.Join(words, " "))
	}
	return ""
}

func fishQuoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
