package names

import (
	"testing"
)

func list(t *testing.T) *List {
	t.Helper()
	list, err := NewList(true, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSecret(t *testing.T) {
	t.Parallel()
	l := list(t)
	for name, want := range map[string]bool{
		"password": true, "Password": true, "PASSWORD": true, "user_password": true, "passwordHash": true, "userPasswordHash": true,
		"passwords": true, "password2": true, "passwordless": false, "password_changed_at": false, "passwordExpiresAt": false, "password_count": false,
		"api_key": true, "apiKey": true, "APIKey": true, "apikey": true, "api-key": true, "api key": true, "my_api_keys": true, "therapist_key": false, "api_id": false,
		"token": true, "access_token": true, "accessToken": true, "accesstoken": true, "total_tokens": false, "token_count": false, "tokenizer": false, "token_expires_at": false,
		"client_secret": true, "clientsecret": true, "secret_id": true, "secretary": false, "secret_santa": false,
		"card_number": true, "cardNumber": true, "card_type": false, "cardinality": false, "cvv": true, "cvc": true,
		"ssn": true, "session": false, "session_id": true, "pan": false, "spanner": false, "otp": true, "hotpot": false,
		"Pass Word": true, "pass-word": true, "PASSWord": true, "pass\u00a0word": true, "Pass_Words": true, "user's pass word": true, "PaSsWoRd": true,
		"s.s.n": true, "O T P": true, "A P I Key": true, "compass word": false, "toke n": true, "to kens": false, "total_to_kens": false,
		"key": false, "primary_key": false, "foreign_key": false, "keyboard": false, "name": false, "": false, "_": false, "密码": true,
		"contrasen\u0303a": true, "Contraseña": true,
	} {
		if got := l.Secret(name); got != want {
			t.Errorf("Secret(%q) = %t, want %t (words %q)", name, got, want, l.part(split(name)))
		}
	}
}

// The operator's names hold with or without the built-in vocabulary, in any
// spelling.
func TestOwnNames(t *testing.T) {
	t.Parallel()
	for _, withBuiltin := range []bool{false, true} {
		l, err := NewList(withBuiltin, []string{"shoeSize", "dob"})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{
			"shoe_size": true, "shoesize": true, "customer_shoe_sizes": true, "shoe": false, "DOB": true, "dob_year": !true, "password": withBuiltin,
		} {
			if got := l.Secret(name); got != want {
				t.Errorf("built-in %t: Secret(%q) = %t", withBuiltin, name, got)
			}
		}
	}
}

func TestNewListRefusesEmptyNames(t *testing.T) {
	t.Parallel()
	if _, err := NewList(true, []string{"pin", "--"}); err == nil {
		t.Error("a name without a word was taken")
	}
}

// The vocabulary file is read to its last line, and no word says two things.
func TestVocabulary(t *testing.T) {
	t.Parallel()
	for word := range builtin.about {
		if builtin.strong[word] || builtin.weak[word] || builtin.tail[word] {
			t.Errorf("%q speaks of a secret and is one, or leaves it one", word)
		}
	}
	if _, err := parseVocabulary("nonsense: a b"); err == nil {
		t.Error("a line of no kind was taken")
	}
}
