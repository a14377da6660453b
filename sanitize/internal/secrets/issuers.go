package secrets

// luhn reports whether the check digit fits (ISO/IEC 7812-1, annex B).
func luhn(number []byte) bool {
	sum := 0
	for i, b := range number {
		digit := int(b - '0')
		if (len(number)-i)%2 == 0 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}

// isEAN reports whether 13 digits have the check digit of a barcode (EAN-13), which
// far more of such numbers are than old cards.
func isEAN(number []byte) bool {
	sum := 0
	for i, b := range number {
		digit := int(b - '0')
		if i%2 == 1 {
			digit *= 3
		}
		sum += digit
	}
	return sum%10 == 0
}

// issuers are the ranges of leading digits of the card schemes with the lengths
// of their numbers, as the schemes publish them.
var issuers = [...]struct {
	first, last, digits int
	least, most         int
}{
	{4, 4, 1, 13, 13}, {4, 4, 1, 16, 16}, {4, 4, 1, 19, 19}, // Visa
	{51, 55, 2, 16, 16}, {2221, 2720, 4, 16, 16}, // Mastercard
	{34, 34, 2, 15, 15}, {37, 37, 2, 15, 15}, // American Express
	{6011, 6011, 4, 16, 19}, {644, 649, 3, 16, 19}, {65, 65, 2, 16, 19}, // Discover
	{3528, 3589, 4, 16, 19},                  // JCB
	{62, 62, 2, 16, 19}, {81, 81, 2, 16, 19}, // UnionPay
	{300, 305, 3, 14, 19}, {3095, 3095, 4, 14, 19}, {36, 36, 2, 14, 19}, {38, 39, 2, 14, 19}, // Diners Club
	{5018, 5018, 4, 13, 19}, {5020, 5020, 4, 13, 19}, {5038, 5038, 4, 13, 19}, {5893, 5893, 4, 13, 19},
	{6304, 6304, 4, 13, 19}, {6759, 6759, 4, 13, 19}, {6761, 6763, 4, 13, 19}, // Maestro
	{5019, 5019, 4, 16, 16},                          // Dankort
	{5060, 5061, 4, 16, 19}, {5078, 5079, 4, 16, 19}, // Verve
	{5066, 5067, 4, 16, 16}, {6363, 6363, 4, 16, 16}, // Elo
	{508, 508, 3, 16, 16},                            // RuPay
	{2200, 2204, 4, 16, 19}, {2205, 2205, 4, 16, 16}, // Mir, Borica
	{60, 60, 2, 16, 16}, {82, 82, 2, 16, 16}, {353, 353, 3, 16, 16}, {356, 356, 3, 16, 16}, // RuPay
	{636, 636, 3, 16, 19},                                                     // InterPayment
	{9792, 9792, 4, 16, 16},                                                   // Troy
	{8600, 8600, 4, 16, 16}, {5614, 5614, 4, 16, 16}, {9860, 9860, 4, 16, 16}, // Uzcard, Humo
	{9704, 9704, 4, 16, 19}, // Napas
}

func issued(number []byte) bool {
	for _, issuer := range issuers {
		if len(number) < issuer.least || len(number) > issuer.most {
			continue
		}
		prefix := 0
		for _, b := range number[:issuer.digits] {
			prefix = prefix*10 + int(b-'0')
		}
		if prefix >= issuer.first && prefix <= issuer.last {
			return true
		}
	}
	return false
}
