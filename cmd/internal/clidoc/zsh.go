package clidoc

import (
	"fmt"
	"strings"
)

// Zsh returns a completion for zsh.
func Zsh(program Command) string {
	var b strings.Builder
	name := "_" + identifier(program.Name)
	fmt.Fprintf(&b, "#compdef %s\n# zsh completion for %s. Install it as _%s in a folder of $fpath, or source it after compinit.\n", program.Name, program.Name, program.Name)
	for _, at := range program.places() {
		function := name
		if at.path != "" {
			function += "_" + identifier(at.path)
		}
		fmt.Fprintf(&b, "\n%s() {\n", function)
		if len(at.Commands) > 0 {
			b.WriteString("  local context state state_descr line\n  typeset -A opt_args\n  _arguments -C \\\n")
		} else {
			b.WriteString("  _arguments -s -S \\\n")
		}
		for _, flag := range at.Flags {
			fmt.Fprintf(&b, "    %s \\\n", zshFlag(flag))
		}
		if len(at.Commands) == 0 {
			for i, argument := range at.Arguments {
				optional := ""
				if argument.Optional {
					optional = ":"
				}
				fmt.Fprintf(&b, "    %s \\\n", quoted(fmt.Sprintf("%d:%s%s:%s", i+1, optional, zshEscaped(argument.Name), zshValues(argument.Values))))
			}
			b.WriteString("    && return 0\n}\n")
			continue
		}
		b.WriteString("    '1: :->command' '*:: :->argument' && return 0\n  case $state in\n  command)\n    local -a commands=(\n")
		for _, child := range at.Commands {
			fmt.Fprintf(&b, "      %s\n", quoted(strings.ReplaceAll(child.Name, ":", `\:`)+":"+brief(child.Help)))
		}
		fmt.Fprintf(&b, "    )\n    _describe -t commands command commands\n    ;;\n  argument)\n    case $words[1] in\n")
		for _, child := range at.Commands {
			fmt.Fprintf(&b, "    %s) %s_%s ;;\n", child.Name, function, identifier(child.Name))
		}
		b.WriteString("    esac\n    ;;\n  esac\n}\n")
	}
	fmt.Fprintf(&b, "\nif [[ ${funcstack[1]} == %s ]]; then\n  %s \"$@\"\nelse\n  compdef %s %s\nfi\n", name, name, name, program.Name)
	return b.String()
}

func zshFlag(flag Flag) string {
	text := "--" + flag.Name
	if flag.Placeholder != "" {
		text += "="
	}
	text += "[" + zshEscaped(brief(flag.Help)) + "]"
	if flag.Placeholder != "" {
		text += ":" + zshEscaped(flag.Placeholder) + ":" + zshValues(flag.Values)
	}
	switch {
	case flag.Repeats:
		return quoted("*" + text)
	case flag.Short != 0:
		return fmt.Sprintf("'(-%[1]c --%[2]s)-%[1]c[%[3]s]' %[4]s", flag.Short, flag.Name,
			strings.ReplaceAll(zshEscaped(brief(flag.Help)), "'", `'\''`), quoted(fmt.Sprintf("(-%c --%s)%s", flag.Short, flag.Name, text)))
	}
	return quoted(text)
}

func zshValues(v Values) string {
	switch {
	case v.Files:
		return "_files"
	case v.Folders:
		return "_files -/"
	case len(v.Words) > 0 && v.Suffix != "":
		return `compadd -S ` + v.Suffix + " " + strings.Join(v.Words, " ")
	case len(v.Words) > 0:
		return "(" + strings.Join(v.Words, " ") + ")"
	}
	return " "
}

// zshEscaped writes a text for a specification of _arguments.
func zshEscaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(text)
}
