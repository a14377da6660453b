package names

import "testing"

func TestSecret(t *testing.T) {
	t.Parallel()
	list, err := NewList(Builtin())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"password": true, "Password": true, "PASSWORD": true, "user_password": true, "passwordHash": true, "userPasswordHash": true,
		"passwords": true, "password2": false, "passwordless": false, "password_changed_at": false, "passwordExpiresAt": false, "password_count": false,
		"api_key": true, "apiKey": true, "APIKey": true, "apikey": true, "api-key": true, "api key": true, "my_api_keys": true, "therapist_key": false, "api_id": false,
		"token": true, "access_token": true, "accessToken": true, "total_tokens": false, "token_count": false, "tokenizer": false, "token_expires_at": false,
		"client_secret": true, "secret_id": true, "secretary": false, "secret_santa": true,
		"card_number": true, "cardNumber": true, "card_type": false, "cardinality": false, "cvv": true, "cvc": true,
		"ssn": true, "session": false, "pan": false, "spanner": false, "otp": true, "hotpot": false,
		"Pass Word": true, "pass-word": true, "PASSWord": true, "pass\u00a0word": true, "Pass_Words": true, "user's pass word": true, "PaSsWoRd": true,
		"s.s.n": true, "O T P": true, "A P I Key": true, "compass word": false, "pass world": false, "toke n": true, "to kens": false, "total_to_kens": false,
		"key": false, "primary_key": false, "foreign_key": false, "keyboard": false, "name": false, "": false, "_": false, "密码": false,
	} {
		if got := list.Secret(name); got != want {
			t.Errorf("Secret(%q) = %t, want %t", name, got, want)
		}
	}
}

func TestNewListRefusesEmptyNames(t *testing.T) {
	t.Parallel()
	if _, err := NewList([]string{"pin", "--"}); err == nil {
		t.Error("a name without a word was taken")
	}
}
