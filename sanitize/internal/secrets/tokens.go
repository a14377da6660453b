package secrets

// A rule finds one kind of secret by a literal that every such secret holds.
type rule struct {
	detector string
	also     []string // other detectors whose secrets find finds
	literal  string
	// kind is how to go on where the literal stands.
	kind kind
	// For findCrypted.
	layout layout
	// For tokens: what follows the literal, how much of it at least, and at most
	// (0: any length).
	body     charset
	min, max int
}

// kind is how a rule goes on after its literal was found. (A number and not a
// function: a search must not move to the heap.)
type kind uint8

const (
	findToken kind = iota // the literal at the edge of a word, and its body
	findCrypted
	findAwsKey
	findJSONWebToken
	findPrivateKey
	findPuttyKey
	findJSONWebKey
	findKeyData
	findURIPassword
	findAwsSecret
	findAuthorization
	findAzureKey
	findAzureSecret
	findAzureSignature
	findOpenAILegacy
	findMailchimpKey
	findTerraformToken
	findSendGridKey
	findTelegramToken
	findWebhook
	findDockerAuth
	findPassword
	findAssignedToken
	findPhc
	findLdapHash
	findExtendedDES
	findOnePasswordKey
	findMaxMindKey
)

// tokens makes one rule for each literal.
func tokens(detector string, body charset, least, most int, literals ...string) []rule {
	rules := make([]rule, 0, len(literals))
	for _, literal := range literals {
		rules = append(rules, rule{detector: detector, literal: literal, body: body, min: least, max: most})
	}
	return rules
}

// special makes rules that need more than a literal and a body.
func special(detector string, k kind, literals ...string) []rule {
	rules := make([]rule, 0, len(literals))
	for _, literal := range literals {
		rules = append(rules, rule{detector: detector, literal: literal, kind: k})
	}
	return rules
}

func withAlso(rules []rule, detectors ...string) []rule {
	for i := range rules {
		rules[i].also = detectors
	}
	return rules
}

func join(lists ...[]rule) []rule {
	var all []rule
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// tokenRules are the tokens that announce themselves. The prefixes are those
// that the issuers document.
func tokenRules() []rule {
	return join(
		tokens("aws_bedrock_key", base64std, 100, 0, "ABSK"),
		tokens("aws_bedrock_key", base64std, 20, 0, "bedrock-api-key-"),
		tokens("gcp_api_key", url64, 35, 35, "AIza"),
		tokens("google_oauth", dotted, 20, 0, "ya29."),
		tokens("google_oauth", url64, 28, 0, "GOCSPX-"),
		tokens("github_token", word, 36, 0, "ghp_", "gho_", "ghu_", "ghr_"),
		tokens("github_token", dotted, 36, 0, "ghs_"), // may hold a JSON Web Token
		tokens("github_token", word, 22, 0, "github_pat_"),
		tokens("gitlab_token", dotted, 20, 0, "glpat-", "gldt-", "glptt-", "glrt-", "glrtr-", "glft-", "glsoat-", "glcbt-", "glimt-", "glagent-",
			"gloas-", "glffct-", "glwt-", "GR1348941"),
		tokens("gitlab_token", hexes, 32, 32, "_gitlab_session="),
		tokens("slack_token", dotted, 12, 0, "xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xoxo-", "xoxc-", "xoxd-", "xoxe-", "xoxe.xox", "xapp-", "xwfp-"),
		tokens("stripe_key", alnum, 16, 0, "sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_"),
		tokens("stripe_key", base64std, 24, 0, "whsec_"),
		tokens("openai_key", url64, 20, 0, "sk-proj-", "sk-svcacct-", "sk-service-", "sk-admin-"),
		tokens("anthropic_key", url64, 20, 0, "sk-ant-"),
		tokens("huggingface_token", alnum, 34, 34, "hf_", "api_org_"),
		tokens("groq_key", alnum, 48, 0, "gsk_"),
		tokens("replicate_token", url64, 37, 40, "r8_"),
		tokens("npm_token", alnum, 36, 0, "npm_"),
		tokens("pypi_token", url64, 50, 0, "pypi-AgE"),
		tokens("rubygems_key", hexes, 48, 48, "rubygems_"),
		tokens("docker_token", url64, 20, 0, "dckr_pat_", "dckr_oat_"),
		tokens("digitalocean_token", hexes, 64, 64, "dop_v1_", "doo_v1_", "dor_v1_"),
		tokens("shopify_token", alnum, 32, 64, "shpat_", "shpca_", "shppa_", "shpss_"),
		tokens("square_token", url64, 22, 0, "sq0atp-", "sq0csp-", "sq0idp-", "sq0ids-", "sq0idb-"),
		tokens("square_token", url64, 58, 62, "EAAA"),
		tokens("databricks_token", url64, 32, 34, "dapi"),
		tokens("vault_token", url64, 24, 0, "hvs.", "hvb.", "hvr."),
		tokens("atlassian_token", either64, 60, 0, "ATATT3x", "ATCTT3x"),
		tokens("atlassian_token", either64, 24, 64, "ATBB"),
		tokens("atlassian_token", either64, 40, 50, "BBDC-"),
		tokens("linear_key", word, 32, 0, "lin_api_", "lin_oauth_"),
		tokens("notion_token", alnum, 40, 0, "ntn_"),
		tokens("notion_token", alnum, 43, 43, "secret_"),
		tokens("doppler_token", dotted, 40, 0, "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.said.", "dp.scim.", "dp.audit."),
		tokens("planetscale_token", dotted, 32, 0, "pscale_tkn_", "pscale_pw_", "pscale_oauth_"),
		tokens("supabase_key", hexes, 40, 40, "sbp_"),
		tokens("supabase_key", url64, 20, 0, "sb_secret_"),
		tokens("grafana_token", word, 41, 0, "glsa_"),
		tokens("grafana_token", either64, 32, 0, "glc_", "eyJrIjoi"),
		tokens("newrelic_key", capital, 27, 27, "NRAK-"),
		tokens("newrelic_key", url64, 25, 25, "NRII-", "NRIQ-"),
		tokens("sentry_token", either64, 40, 0, "sntrys_", "sntryu_"),
		tokens("postman_key", url64, 59, 59, "PMAK-"),
		tokens("dynatrace_token", dotted, 88, 0, "dt0c01.", "dt0s01."),
		tokens("pulumi_token", hexes, 40, 40, "pul-"),
		tokens("twilio_key", hexes, 31, 31, twilioPrefixes()...),
		tokens("mailgun_key", hexes, 32, 32, "key-"),
		tokens("age_secret_key", capital, 58, 58, "AGE-SECRET-KEY-1"),
		tokens("tailscale_key", url64, 16, 0, "tskey-"),
		tokens("figma_token", either64, 40, 0, "figd_", "figo_", "figp_"),
	)
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
	var entra, mailchimp []string
	for _, digit := range digits {
		entra = append(entra, string(digit)+"Q~")
	}
	for _, digit := range "0123456789abcdef" {
		mailchimp = append(mailchimp, string(digit)+"-us")
	}
	return join(
		withAlso(special("aws_access_key_id", findAwsKey, "AKIA", "ASIA", "ABIA", "ACCA"), "aws_secret_access_key"),
		special("jwt", findJSONWebToken, "eyJ", "ewog", "ewoJ", "ew0K"),
		special("private_key", findPrivateKey, "PRIVATE KEY"),
		special("private_key", findPuttyKey, "Private-Lines:"),
		special("private_key", findJSONWebKey, `"kty`, `'kty`),
		special("private_key", findKeyData, "key-data", "KeyData"),
		special("uri_password", findURIPassword, "://", `:\/\/`),
		special("aws_secret_access_key", findAwsSecret, "AccessKey", "accessKey", "access_key", "ACCESS_KEY", "access-key"),
		special("authorization_header", findAuthorization, "uthorization", "UTHORIZATION"),
		special("azure_key", findAzureKey, "ccountKey", "ccountkey", "CCOUNTKEY", "ccount_key", "CCOUNT_KEY", "ccount-key",
			"dAccessKey", "daccesskey", "DACCESSKEY", "d_access_key"),
		special("azure_client_secret", findAzureSecret, entra...),
		special("azure_sas_token", findAzureSignature, "?sig=", "&sig=", ";sig="),
		special("openai_key", findOpenAILegacy, "T3BlbkFJ"),
		special("mailchimp_key", findMailchimpKey, mailchimp...),
		special("terraform_token", findTerraformToken, ".atlasv1."),
		special("sendgrid_key", findSendGridKey, "SG."),
		special("telegram_token", findTelegramToken, ":AA"),
		special("webhook_url", findWebhook, "hooks.slack.com/", "discord.com/api/", "discordapp.com/api/", "webhook.office.com/",
			"outlook.office.com/", "hooks.zapier.com/", `hooks.slack.com\/`, `discord.com\/api\/`, `discordapp.com\/api\/`, `webhook.office.com\/`, `hooks.zapier.com\/`),
		special("assigned_password", findDockerAuth, `"auth"`),
		withAlso(special("assigned_password", findPassword, "assw", "ASSW", "assW", "assphr", "ASSPHR", "assPhr", "pwd", "PWD", "Pwd"),
			"uri_password", "dsn_password"),
		special("assigned_token", findAssignedToken, "oken", "OKEN", "ecret", "ECRET", "pi_k", "pik", "piK", "pi-k", "PI_K", "PIK", "PI-K", "pi-K", "PI-k"),
		hashRules(),
	)
}
