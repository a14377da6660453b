package clidoc

import (
	"fmt"
	"strings"
)

// Bash returns a completion for bash (3.2 and newer).
func Bash(program Command) string {
	var b strings.Builder
	name := "_" + identifier(program.Name)
	fmt.Fprintf(&b, "# bash completion for %s. Install it as %s in a folder of bash-completion, or source it.\n", program.Name, program.Name)
	fmt.Fprintf(&b, "%s_reply() {\n  local word\n  while IFS= read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen \"$@\")\n}\n", name)
	fmt.Fprintf(&b, "%s() {\n", name)
	b.WriteString(`  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} path='' i
  # "=" is a word of its own.
  if [[ $cur == "=" ]]; then
    cur=''
  elif [[ $prev == "=" && $COMP_CWORD -gt 1 ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
`)
	all := program.places()
	for _, at := range all[1:] {
		parent, child := "", at.path
		if i := strings.LastIndexByte(at.path, ' '); i >= 0 {
			parent, child = at.path[:i], at.path[i+1:]
		}
		fmt.Fprintf(&b, "    %s) path=%s ;;\n", quoted(parent+" "+child), quoted(at.path))
	}
	b.WriteString("    esac\n  done\n  case \"$path|$prev\" in\n")
	for _, at := range all {
		for _, flag := range at.Flags {
			if flag.Placeholder == "" {
				continue
			}
			fmt.Fprintf(&b, "  %s)%s return ;;\n", quoted(at.path+"|--"+flag.Name), bashValues(name, flag.Values))
		}
	}
	b.WriteString("  esac\n  case \"$path\" in\n")
	for _, at := range all {
		var flags, names []string
		for _, flag := range at.Flags {
			text := "--" + flag.Name
			if flag.Placeholder != "" {
				text += "="
			}
			flags = append(flags, text)
		}
		for _, child := range at.Commands {
			names = append(names, child.Name)
		}
		fmt.Fprintf(&b, "  %s)\n    if [[ $cur == -* ]]; then\n     %s\n", quoted(at.path), bashWords(name, flags, true))
		if len(names) > 0 {
			fmt.Fprintf(&b, "    else\n     %s\n", bashWords(name, names, false))
		} else if len(at.Arguments) > 0 && bashValues(name, at.Arguments[0].Values) != "" {
			fmt.Fprintf(&b, "    else\n     %s\n", bashValues(name, at.Arguments[0].Values))
		}
		b.WriteString("    fi\n    ;;\n")
	}
	fmt.Fprintf(&b, "  esac\n}\ncomplete -F %s %s\n", name, program.Name)
	return b.String()
}

// bashValues completes a value.
func bashValues(name string, v Values) string {
	const names = ` compopt -o filenames 2>/dev/null; %s_reply -%s -- "$cur";`
	switch {
	case v.Files:
		return fmt.Sprintf(names, name, "f")
	case v.Folders:
		return fmt.Sprintf(names, name, "d")
	case len(v.Words) > 0:
		words := make([]string, len(v.Words))
		for i, word := range v.Words {
			words[i] = word + v.Suffix
		}
		return bashWords(name, words, v.Suffix != "")
	}
	return ""
}

// bashWords completes one of words; open says that some end in "=", behind which no
// space belongs.
func bashWords(name string, words []string, open bool) string {
	text := fmt.Sprintf(` %s_reply -W %s -- "$cur";`, name, quoted(strings.Join(words, " ")))
	if open {
		text += ` [[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null;`
	}
	return text
}

// quoted writes a text for a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// identifier makes a name that shells take for a function.
func identifier(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}
