// Package names tells from the name of a column whether it holds secrets.
//
// A name is cut into words, as people write them: with underscores, in camelCase,
// or as one where PostgreSQL has folded the case away (accesstoken). A word or
// phrase of the vocabulary makes it secret, unless the words around it say that
// the column speaks of a secret and does not hold one: password_changed_at,
// has_password, api_key_id, token_price.
package names

import (
	"fmt"
	"slices"
	"strings"
)

// List is a set of secret names.
type List struct {
	builtin bool
	own     map[string]bool // phrases of the operator, joined by nothing
	longest int
}

// NewList makes a List of names, each of one or several words in any of the
// usual spellings (api_key, apiKey, "api key"), on top of the built-in
// vocabulary if builtin is set.
func NewList(withBuiltin bool, own []string) (*List, error) {
	list := &List{builtin: withBuiltin, own: map[string]bool{}, longest: builtin.longest}
	for _, name := range own {
		words := split(name)
		if len(words) == 0 {
			return nil, fmt.Errorf("name %q holds no word", name)
		}
		joined := strings.Join(words, "")
		list.own[joined] = true
		list.longest = max(list.longest, len(joined))
	}
	return list, nil
}

// strength says how certain a name makes it that a column holds secrets.
type strength uint8

const (
	none strength = iota
	weak
	strong
)

// Secret reports whether a column of that name holds secrets.
func (l *List) Secret(column string) bool { return l.judge(column) != none }

// SecretNumber tells the same of a column whose values are numbers: a token or a
// key is none, a PIN or the number of a card may be one.
func (l *List) SecretNumber(column string) bool {
	if !l.Secret(column) {
		return false
	}
	joined := strings.Join(split(column), "")
	for own := range l.own {
		if strings.Contains(joined, own) {
			return true
		}
	}
	for _, part := range numeric {
		if strings.Contains(joined, part) {
			return true
		}
	}
	return false
}

// numeric are the parts of names of secrets that can be numbers.
var numeric = [...]string{
	"pass", "pwd", "pin", "otp", "code", "card", "cc", "cvv", "cvc", "csc", "ssn", "social", "tax", "national", "number", "account", "license", "licence",
	"clave", "senha", "kennwort", "cpf", "dni", "nif", "bsn", "pesel", "person", "aadha", "tarjeta", "carte", "carta", "cartao", "karte", "mfa", "2fa",
}

// judge looks for every phrase of the vocabulary in the words of a name.
func (l *List) judge(column string) strength {
	words := split(column)
	if len(words) == 0 {
		return none
	}
	if l.builtin && secretSyllables(column) {
		return strong
	}
	words = l.part(words)
	if builtin.before[words[0]] && len(words) > 1 && !l.isPhrase(words[0], words[1]) {
		return none
	}
	for i := range words {
		joined := ""
		for j := i; j < len(words); j++ {
			if joined += words[j]; len(joined) > l.longest+len("s") {
				break
			}
			if kind := l.kind(joined, words, i); kind != none && l.holds(kind, words[j+1:]) && !l.isHarmless(words, i, j) {
				return kind
			}
		}
	}
	return none
}

// isPhrase reports whether the first word of a name, which could make a condition
// of it, belongs to a secret phrase instead.
func (l *List) isPhrase(first, second string) bool {
	return builtin.strong[first+second] || l.own[first+second]
}

// kind says what a phrase is, which begins at the i-th word.
func (l *List) kind(joined string, words []string, i int) strength {
	if l.own[joined] {
		return strong
	}
	if singular, plural := strings.CutSuffix(joined, "s"); plural && l.own[singular] && singular != "token" {
		return strong
	}
	if !l.builtin {
		return none
	}
	singular, plural := strings.CutSuffix(joined, "s")
	switch {
	case builtin.strong[joined], plural && builtin.strong[singular]:
		return strong
	case joined == "tokens":
		// tokens count what a model has read, save for those that let somebody in.
		if i > 0 && builtin.plural[words[i-1]] {
			return strong
		}
		return none
	case builtin.weak[joined], plural && builtin.weak[singular] && singular != "pin" && singular != "pas":
		return weak
	default:
		return none
	}
}

// holds reports whether a phrase is a secret before the words of rest.
func (l *List) holds(kind strength, rest []string) bool {
	for i, word := range rest {
		switch {
		case builtin.about[word]:
			return false
		case word == "last" && i+1 < len(rest) && (isNumber(rest[i+1]) || rest[i+1] == "four" || rest[i+1] == "digits" || builtin.about[rest[i+1]]):
			return false
		case kind == weak && !builtin.tail[word] && !isNumber(word):
			return false
		}
	}
	return true
}

// isHarmless reports whether the words from the i-th to the j-th belong to a phrase
// that only looks like a secret.
func (l *List) isHarmless(words []string, i, j int) bool {
	for from := max(0, i-2); from <= i; from++ {
		joined := strings.Join(words[from:j+1], "")
		if builtin.harmless[joined] {
			return true
		}
		for to := j + 1; to < len(words) && to <= j+2; to++ {
			if joined += words[to]; builtin.harmless[joined] {
				return true
			}
		}
	}
	return false
}

func isNumber(word string) bool { return strings.Trim(word, "0123456789") == "" }

// part cuts words that are written as one, as PostgreSQL leaves accessToken.
func (l *List) part(words []string) []string {
	if !l.builtin {
		return words
	}
	var parted []string
	for _, word := range words {
		parted = append(parted, partWord(word)...)
	}
	return parted
}

// partWord returns the fewest words of the vocabulary that make up a word, or
// the word itself.
func partWord(word string) []string {
	const shortest, longest = 5, 64
	if len(word) < shortest || len(word) > longest || builtin.words[word] || builtin.strong[word] || builtin.weak[word] || builtin.about[word] {
		return []string{word}
	}
	if parts := partShort(word); parts != nil {
		return parts
	}
	// fewest[i] is how many words make up the first i letters; 0: none do.
	fewest := make([]int, len(word)+1)
	from := make([]int, len(word)+1)
	for end := 1; end <= len(word); end++ {
		for start := 0; start < end; start++ {
			if start > 0 && fewest[start] == 0 || !builtin.words[word[start:end]] {
				continue
			}
			if n := fewest[start] + 1; fewest[end] == 0 || n < fewest[end] {
				fewest[end], from[end] = n, start
			}
		}
	}
	if fewest[len(word)] == 0 {
		return stem(word)
	}
	var parts []string
	for end := len(word); end > 0; end = from[end] {
		parts = append([]string{word[from[end]:end]}, parts...)
	}
	return parts
}

// partShort parts a word that is a short weak one with its owner before it or a
// tail behind it: dbpass, pinhash, userpasshash.
func partShort(word string) []string {
	rest, tail := word, ""
	for _, t := range [...]string{"hash", "salt", "digest", "enc", "code"} {
		if before, ok := strings.CutSuffix(word, t); ok {
			rest, tail = before, t
		}
	}
	for short := range builtin.folded {
		owner, ok := strings.CutSuffix(rest, short)
		switch {
		case !ok || owner == "" && tail == "" || owner != "" && !builtin.owners[owner]:
		case owner == "":
			return []string{short, tail}
		case tail == "":
			return []string{owner, short}
		default:
			return []string{owner, short, tail}
		}
	}
	return nil
}

// passwordStems are words for a password. They are found at the end of a word whatever
// stands before them, and at its beginning whatever stands behind them.
var passwordStems = []string{"password", "passwd", "passphrase", "passwort", "kennwort", "contrasena", "wachtwoord", "senha", "motdepasse"}

// keyStems are words for other secrets. They are found only at the end of a word: a
// secretary is no secret.
var keyStems = []string{"apikey", "secretkey", "privatekey", "accesskey", "token", "secret"}

// endStems are all stems that are found at the end of a word.
var endStems = slices.Concat(passwordStems, keyStems)

func stem(word string) []string {
	for _, s := range endStems {
		if before, ok := strings.CutSuffix(word, s); ok && len(before) > 1 {
			return []string{before, s}
		}
	}
	for _, s := range passwordStems {
		if after, ok := strings.CutPrefix(word, s); ok {
			return []string{s, after}
		}
	}
	return []string{word}
}

// secretSyllables reports whether a name in a script without capitals, or without
// spaces, holds the word for password, and not what is known of one.
func secretSyllables(name string) bool {
	found := false
	name = strings.ToLower(name)
	for _, word := range [...]string{
		"密码", "密碼", "口令", "暗号", "暗証番号", "秘钥", "密钥", "私钥", "令牌", "身份证", "银行卡号", "パスワード", "シークレット", "トークン", "マイナンバー", "カード番号",
		"비밀번호", "암호", "토큰", "주민등록번호", "카드번호", "парол", "токен", "секрет", "номер_карты", "снилс", "пинкод", "пин_код", "κωδικός_πρόσβασης", "συνθηματικό", "κωδικοσ_προσβασησ",
		"كلمة_المرور", "كلمة_السر", "كلمة المرور", "كلمة السر", "رمز_عبور", "رمز عبور", "گذرواژه", "סיסמה", "סיסמא", "पासवर्ड", "कूटशब्द", "รหัสผ่าน", "পাসওয়ার্ড", "கடவுச்சொல்",
	} {
		found = found || strings.Contains(name, word)
	}
	if !found {
		return false
	}
	for _, word := range [...]string{"时间", "時間", "日期", "次数", "強度", "强度", "長さ", "长度", "类型", "更新日", "変更日", "ヒント", "시간", "날짜", "횟수", "дата", "срок", "сложность", "длина", "количество", "имеет", "есть_"} {
		if strings.Contains(name, word) {
			return false
		}
	}
	return true
}
