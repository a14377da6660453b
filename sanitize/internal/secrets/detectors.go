package secrets

// Detector describes one detector.
type Detector struct {
	Name string
	// Default says whether it is on unless it is disabled.
	Default bool
	// Finds says what it finds.
	Finds string
}

// Detectors returns all detectors in the order of their documentation.
func Detectors() []Detector {
	const on = true
	return []Detector{
		{"private_key", on, "PEM, OpenPGP, SSH2, PuTTY and JSON Web private keys, and those of a kubeconfig"},
		{"jwt", on, "JSON Web Tokens, signed or encrypted"},
		{"password_hash", on, "bcrypt, argon2, scrypt, PBKDF2, crypt(3), SCRAM, LDAP, PostgreSQL md5 and MySQL hashes"},
		{"uri_password", on, "passwords in URIs, in user information or as a parameter; only the password is masked"},
		{"dsn_password", on, "passwords in libpq, ODBC and ADO connection strings; only the password is masked"},
		{"authorization_header", on, "credentials in HTTP Authorization headers"},
		{"assigned_password", on, "what is assigned to a password in JSON, YAML, XML, a shell, netrc or Docker's configuration"},
		{"assigned_token", on, "what is assigned to a token, secret or API key and looks random, also in URIs and headers"},
		{"card_number", on, "payment card numbers: issuer, length, check digit and context"},
		{"aws_access_key_id", on, "AWS access key IDs"},
		{"aws_secret_access_key", on, "AWS secret access keys that are assigned to their name"},
		{"aws_bedrock_key", on, "Amazon Bedrock API keys"},
		{"gcp_api_key", on, "Google API keys"},
		{"google_oauth", on, "Google OAuth access tokens and client secrets"},
		{"azure_key", on, "Azure storage account and shared access keys"},
		{"azure_client_secret", on, "Microsoft Entra client secrets"},
		{"azure_sas_token", on, "signatures of Azure shared access signatures"},
		{"github_token", on, "GitHub tokens"},
		{"gitlab_token", on, "GitLab tokens"},
		{"slack_token", on, "Slack tokens"},
		{"webhook_url", on, "paths of Slack, Discord and Teams webhooks"},
		{"stripe_key", on, "Stripe secret and restricted keys, webhook secrets"},
		{"openai_key", on, "OpenAI API keys"},
		{"anthropic_key", on, "Anthropic API keys"},
		{"huggingface_token", on, "Hugging Face tokens"},
		{"groq_key", on, "Groq API keys"},
		{"replicate_token", on, "Replicate API tokens"},
		{"npm_token", on, "npm access tokens"},
		{"pypi_token", on, "PyPI upload tokens"},
		{"rubygems_key", on, "RubyGems API keys"},
		{"docker_token", on, "Docker Hub access tokens"},
		{"digitalocean_token", on, "DigitalOcean tokens"},
		{"shopify_token", on, "Shopify tokens"},
		{"square_token", on, "Square tokens"},
		{"databricks_token", on, "Databricks tokens"},
		{"vault_token", on, "HashiCorp Vault tokens"},
		{"terraform_token", on, "Terraform Cloud tokens"},
		{"atlassian_token", on, "Atlassian API tokens"},
		{"linear_key", on, "Linear API keys"},
		{"notion_token", on, "Notion integration tokens"},
		{"doppler_token", on, "Doppler tokens"},
		{"planetscale_token", on, "PlanetScale tokens and passwords"},
		{"supabase_key", on, "Supabase keys"},
		{"grafana_token", on, "Grafana service account tokens"},
		{"newrelic_key", on, "New Relic user keys"},
		{"sentry_token", on, "Sentry tokens"},
		{"postman_key", on, "Postman API keys"},
		{"dynatrace_token", on, "Dynatrace tokens"},
		{"pulumi_token", on, "Pulumi access tokens"},
		{"twilio_key", on, "Twilio API keys"},
		{"sendgrid_key", on, "SendGrid API keys"},
		{"mailgun_key", on, "Mailgun API keys"},
		{"mailchimp_key", on, "Mailchimp API keys"},
		{"telegram_token", on, "Telegram bot tokens"},
		{"age_secret_key", on, "age identities"},
		{"tailscale_key", on, "Tailscale keys"},
		{"figma_token", on, "Figma tokens"},
		{"service_token", on, "tokens of further services that begin with a documented prefix"},
		{"email", !on, "e-mail addresses"},
		{"phone", !on, "telephone numbers in international or North American form"},
		{"ip_address", !on, "IPv4 and IPv6 addresses"},
		{"iban", !on, "international bank account numbers"},
	}
}

// Removed are the names of detectors of earlier versions. A configuration that
// names one still holds, since what it switched on or off is gone.
func Removed() []string { return []string{"high_entropy"} }
