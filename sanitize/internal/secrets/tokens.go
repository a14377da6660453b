package secrets

// A rule finds one kind of secret by a literal that every such secret holds.
type rule struct {
	detector string
	kind     kind
	literal  string
	// For tokens: what follows the literal, how much of it at least, and at most
	// (0: any length).
	body     charset
	min, max int
	// bare also finds the literal in the middle of a word. It is for literals
	// that are too particular to stand there by chance.
	bare bool
}

// kind is how a rule goes on after its literal was found.
type kind uint8

const (
	prefixed kind = iota // a token: literal, then body
	jsonWebToken
	privateKey
	puttyKey
	uriPassword
	queryPassword
	dsnPassword
	awsSecret
	authorization
	azureSecret
	azureSignature
	openAILegacy
	mailchimpKey
	terraformToken
	sendGridKey
	telegramToken
	webhook
)

// tokenRules are the tokens that announce themselves. The prefixes are those
// that the issuers document.
func tokenRules() []rule {
	token := func(detector string, body charset, least, most int, bare bool, literals ...string) []rule {
		rules := make([]rule, 0, len(literals))
		for _, literal := range literals {
			rules = append(rules, rule{detector: detector, literal: literal, body: body, min: least, max: most, bare: bare})
		}
		return rules
	}
	const bare = true
	var all []rule
	for _, rules := range [][]rule{
		token("aws_access_key_id", base32, 16, 16, !bare, "AKIA", "ASIA", "ABIA", "ACCA"),
		token("gcp_api_key", url64, 35, 35, !bare, "AIza"),
		token("google_oauth", dotted, 20, 0, !bare, "ya29."),
		token("google_oauth", url64, 28, 0, bare, "GOCSPX-"),
		token("azure_key", base64std, 40, 0, bare, "AccountKey=", "SharedAccessKey="),
		token("github_token", word, 36, 0, bare, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
		token("github_token", word, 22, 0, bare, "github_pat_"),
		token("gitlab_token", dotted, 20, 0, bare, "glpat-", "gldt-", "glptt-", "glrt-", "glft-", "glsoat-", "glcbt-", "glimt-", "glagent-", "gloas-"),
		token("slack_token", dotted, 12, 0, bare, "xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xoxo-", "xoxe-", "xoxe.xox", "xapp-"),
		token("stripe_key", alnum, 16, 0, bare, "sk_live_", "sk_test_", "rk_live_", "rk_test_"),
		token("stripe_key", base64std, 24, 0, bare, "whsec_"),
		token("openai_key", url64, 20, 0, bare, "sk-proj-", "sk-svcacct-", "sk-admin-"),
		token("anthropic_key", url64, 20, 0, bare, "sk-ant-"),
		token("huggingface_token", alnum, 34, 0, !bare, "hf_"),
		token("groq_key", alnum, 48, 0, !bare, "gsk_"),
		token("replicate_token", alnum, 37, 40, !bare, "r8_"),
		token("npm_token", alnum, 36, 0, !bare, "npm_"),
		token("pypi_token", url64, 50, 0, bare, "pypi-AgE"),
		token("rubygems_key", hexes, 48, 48, bare, "rubygems_"),
		token("docker_token", url64, 20, 0, bare, "dckr_pat_", "dckr_oat_"),
		token("digitalocean_token", hexes, 64, 64, bare, "dop_v1_", "doo_v1_", "dor_v1_"),
		token("shopify_token", hexes, 32, 32, bare, "shpat_", "shpca_", "shppa_", "shpss_"),
		token("square_token", url64, 22, 0, bare, "sq0atp-", "sq0csp-"),
		token("databricks_token", hexes, 32, 32, !bare, "dapi"),
		token("vault_token", url64, 24, 0, !bare, "hvs.", "hvb.", "hvr."),
		token("atlassian_token", base64std, 60, 0, bare, "ATATT3x", "ATCTT3x"),
		token("linear_key", alnum, 32, 0, bare, "lin_api_", "lin_oauth_"),
		token("notion_token", alnum, 40, 0, !bare, "ntn_"),
		token("notion_token", alnum, 43, 43, !bare, "secret_"),
		token("doppler_token", alnum, 40, 0, !bare, "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."),
		token("planetscale_token", dotted, 32, 0, bare, "pscale_tkn_", "pscale_pw_", "pscale_oauth_"),
		token("supabase_key", hexes, 40, 40, !bare, "sbp_"),
		token("supabase_key", url64, 20, 0, bare, "sb_secret_"),
		token("grafana_token", word, 41, 0, !bare, "glsa_"),
		token("newrelic_key", capital, 27, 27, !bare, "NRAK-"),
		token("sentry_token", base64std, 40, 0, bare, "sntrys_", "sntryu_"),
		token("postman_key", url64, 59, 59, bare, "PMAK-"),
		token("dynatrace_token", dotted, 88, 0, bare, "dt0c01.", "dt0s01."),
		token("pulumi_token", hexes, 40, 40, !bare, "pul-"),
		token("twilio_key", hexes, 31, 31, !bare, twilioPrefixes()...),
		token("mailgun_key", hexes, 32, 32, !bare, "key-"),
		token("age_secret_key", capital, 58, 58, bare, "AGE-SECRET-KEY-1"),
		token("password_hash", crypt, 55, 0, bare, "$2a$", "$2b$", "$2y$", "$2x$"),
		token("password_hash", crypt, 30, 0, bare, "$argon2", "$scrypt$", "$pbkdf2", "$bcrypt-sha256$"),
		token("password_hash", crypt, 24, 0, bare, "$1$", "$apr1$"),
		token("password_hash", crypt, 31, 31, bare, "$P$", "$H$"),
		token("password_hash", crypt, 44, 0, bare, "$5$", "$7$", "$y$", "$gy$"),
		token("password_hash", crypt, 52, 52, bare, "$S$"),
		token("password_hash", crypt, 87, 0, bare, "$6$"),
		token("password_hash", colons, 40, 0, bare, "pbkdf2_sha256$", "pbkdf2_sha1$", "pbkdf2:sha256:", "pbkdf2:sha512:", "pbkdf2:sha1:", "scrypt:32768:"),
		token("password_hash", colons, 60, 0, bare, "SCRAM-SHA-256$", "SCRAM-SHA-1$", "SCRAM-SHA-512$"),
		token("password_hash", base64std, 28, 0, bare, "{SSHA}", "{SHA}", "{SSHA256}", "{SSHA512}", "{SHA256}", "{SHA512}"),
		token("password_hash", hexes, 32, 32, !bare, "md5"),
	} {
		all = append(all, rules...)
	}
	return all
}

// twilioPrefixes are the beginnings of a Twilio API key, SK and 32 hexadecimal
// digits, with the first of these: an anchor needs three bytes.
func twilioPrefixes() []string {
	var prefixes []string
	for _, digit := range "0123456789abcdef" {
		prefixes = append(prefixes, "SK"+string(digit))
	}
	return prefixes
}

// specialRules are the secrets that need more than a prefix.
func specialRules() []rule {
	var all []rule
	add := func(detector string, kind kind, literals ...string) {
		for _, literal := range literals {
			all = append(all, rule{detector: detector, kind: kind, literal: literal})
		}
	}
	add("jwt", jsonWebToken, "eyJ", "ewog", "ewoJ", "ew0K")
	add("private_key", privateKey, "PRIVATE KEY")
	add("private_key", puttyKey, "Private-Lines:")
	add("uri_password", uriPassword, "://")
	add("uri_password", queryPassword, "word=", "WORD=", "pwd=", "PWD=", "passwd=")
	add("dsn_password", dsnPassword, "word=", "WORD=", "pwd=", "PWD=", "Pwd=", "passwd=", "word =", "wd =")
	add("aws_secret_access_key", awsSecret, "AccessKey", "accessKey", "access_key", "ACCESS_KEY", "access-key")
	add("authorization_header", authorization, "uthorization", "UTHORIZATION")
	for _, digit := range digits {
		add("azure_client_secret", azureSecret, string(digit)+"Q~")
	}
	add("azure_sas_token", azureSignature, "?sig=", "&sig=", ";sig=")
	add("openai_key", openAILegacy, "T3BlbkFJ")
	add("mailchimp_key", mailchimpKey, "-us")
	add("terraform_token", terraformToken, ".atlasv1.")
	add("sendgrid_key", sendGridKey, "SG.")
	add("telegram_token", telegramToken, ":AA")
	add("webhook_url", webhook, "hooks.slack.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "webhook.office.com/")
	return all
}
