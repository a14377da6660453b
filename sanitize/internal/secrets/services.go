package secrets

// serviceRules are the tokens of further services that begin with a prefix which
// their issuer documents. They share one detector.
func serviceRules() []rule {
	const name = "service_token"
	return join(
		tokens(name, word, 48, 48, "cfk_", "cfut_", "cfat_"),                // Cloudflare
		tokens(name, url64, 150, 0, "v1.0-"),                                // Cloudflare, origin CA
		tokens(name, alnum, 20, 60, "vcp_", "vci_", "vca_", "vcr_", "vck_"), // Vercel
		tokens(name, base64std, 100, 0, "ops_eyJ"),                          // 1Password
		tokens(name, url64, 32, 32, "p8e-"),                                 // Adobe
		tokens(name, alnum, 20, 24, "LTAI"),                                 // Alibaba Cloud
		tokens(name, alnum, 69, 69, "AKCp"),                                 // Artifactory
		tokens(name, alnum, 56, 64, "cmVmd"),                                // Artifactory, reference tokens
		tokens(name, alnum, 60, 60, "CLOJARS_"),
		tokens(name, url64, 43, 43, "CFPAT-"), // Contentful
		tokens(name, url64, 40, 0, "duffel_test_", "duffel_live_"),
		tokens(name, alnum, 54, 54, "EZAK", "EZTK"),             // EasyPost
		tokens(name, alnum, 100, 0, "EAAM", "EAAC"),             // Facebook pages
		tokens(name, url64, 12, 0, "FLWSECK-", "FLWSECK_TEST-"), // Flutterwave
		tokens(name, url64, 43, 43, "fo1_"),                     // Fly.io
		tokens(name, either64, 100, 0, "fm1a_", "fm1r_", "fm2_"),
		tokens(name, url64, 64, 64, "fio-u-"),                 // Frame.io
		tokens(name, url64, 56, 64, "HRKU-AA"),                // Heroku
		tokens(name, hexes, 64, 64, "s-s4t2ud-", "s-s4t2af-"), // 42
		tokens(name, url64, 43, 43, "sha256~"),                // OpenShift
		tokens(name, alnum, 48, 56, "pplx-"),                  // Perplexity
		tokens(name, alnum, 36, 36, "pnu_", "pnb_"),           // Prefect
		tokens(name, url64, 48, 48, "tk-us-"),                 // Scalingo
		tokens(name, url64, 60, 90, "xkeysib-", "xsmtpsib-"),  // Brevo
		tokens(name, hexes, 40, 40, "shippo_live_", "shippo_test_"),
		tokens(name, word, 40, 64, "sgp_"),                    // Sourcegraph
		tokens(name, hexes, 64, 64, "sk-or-v1-"),              // OpenRouter
		tokens(name, word, 70, 0, "xai-"),                     // xAI
		tokens(name, url64, 60, 70, "nvapi-"),                 // NVIDIA
		tokens(name, word, 40, 0, "lsv2_pt_", "lsv2_sk_"),     // LangSmith
		tokens(name, word, 60, 0, "pcsk_"),                    // Pinecone
		tokens(name, word, 40, 0, "phx_"),                     // PostHog
		tokens(name, alnum, 14, 14, "rzp_live_", "rzp_test_"), // Razorpay, with its secret apart
		tokens(name, alnum, 40, 40, "bkua_"),                  // Buildkite
		tokens(name, hexes, 64, 64, "slk_"),
		tokens(name, alnum, 30, 30, "BBFF-"), // Ubidots
		tokens(name, url64, 36, 36, "apify_api_"),
		tokens(name, url64, 32, 36, "pat-na1-", "pat-eu1-"),          // HubSpot
		tokens(name, word, 60, 0, "CCIPAT_"),                         // CircleCI
		tokens(name, word, 40, 0, "tfp_"),                            // Typeform
		tokens(name, alnum, 36, 36, "ddp_", "ddw_"),                  // Deno
		tokens(name, alnum, 16, 16, "sm_aat_", "sm_pat_", "sm_sat_"), // SettleMint
		tokens(name, url64, 60, 0, "sl.B", "sl.u."),                  // Dropbox
		tokens(name, capital, 25, 32, "API-"),                        // Octopus Deploy
		tokens(name, dotted, 60, 0, "sk.eyJ"),                        // Mapbox
		tokens(name, dotted, 80, 0, "3MVG9"),                         // Salesforce, consumer keys
		tokens(name, alnum, 32, 64, "sk-"),                           // DeepSeek, Braintrust and others that follow OpenAI's first form
		tokens(name, hexes, 48, 48, "sk_"),                           // ElevenLabs
		tokens(name, url64, 36, 36, "sk-lf-", "sdk-"),                // Langfuse, LaunchDarkly
		tokens(name, url64, 36, 36, "rh-api-"),                       // Robinhood
		tokens(name, url64, 40, 40, "shltm_"),                        // Flexport
		tokens(name, url64, 32, 32, "alcht_"),                        // Alchemy
		tokens(name, alnum, 30, 30, "ak_live_"),                      // Pagar.me
		tokens(name, dotted, 65, 65, "1000."),                        // Zoho
		special(name, findOnePasswordKey, "A3-"),
		special(name, findMaxMindKey, "_mmk"),
	)
}

// onePasswordKey matches a 1Password secret key: A3- and groups of capitals.
func (s *scan) onePasswordKey(start, after int) {
	end := after
	for end < len(s.text) && end-after < 40 && (capital.has(s.text[end]) || s.text[end] == '-') {
		end++
	}
	hyphens := 0
	for i := after; i < end; i++ {
		if s.text[i] == '-' {
			hyphens++
		}
	}
	if n := end - after; !s.wordBefore(start) && n >= 34 && hyphens >= 4 && (end == len(s.text) || !word.has(s.text[end])) {
		s.add(start, end, "service_token")
	}
}

// maxMindKey matches 36 characters that end in _mmk.
func (s *scan) maxMindKey(start, after int) {
	begin := start - 36
	if begin < 0 || s.wordBefore(begin) || s.text[begin+6] != '_' || after < len(s.text) && word.has(s.text[after]) {
		return
	}
	for i := begin; i < start; i++ {
		if i != begin+6 && !alnum.has(s.text[i]) {
			return
		}
	}
	s.add(begin, after, "service_token")
}
