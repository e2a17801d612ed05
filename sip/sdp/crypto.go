package sdp

import (
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/hotline-cc/hotline/media/rtp"
)

// crypto is one a=crypto line: the key its sender encrypts with (RFC 4568 section 4).
type crypto struct {
	tag string // 1…9 digits
	key *rtp.Key
}

// suites returns those we offer. The one every peer has comes first, because devices exist that
// look at the first alone; the one with the short tag last.
func suites() []rtp.Suite {
	return []rtp.Suite{rtp.AES128CMSHA180, rtp.AES128GCM, rtp.AES128CMSHA132}
}

// parseCrypto reads "tag suite inline:key[|lifetime][|MKI:length] [parameter…]" and reports whether
// we can use it. MKIs, several keys, and parameters that change what is protected are not for us.
func parseCrypto(value string) (crypto, bool) {
	fields := strings.Fields(value)
	if len(fields) < 3 || len(fields[0]) > 9 || !digits(fields[0]) {
		return crypto{}, false
	}
	for _, p := range fields[3:] {
		// A window of packets at the receiver is its own affair; "-" marks what may be ignored.
		if !strings.HasPrefix(p, "WSH=") && p != "KDR=0" && !strings.HasPrefix(p, "-") {
			return crypto{}, false
		}
	}
	for _, suite := range suites() {
		if strings.EqualFold(fields[1], string(suite)) {
			key, ok := parseKey(suite, fields[2])
			return crypto{tag: fields[0], key: key}, ok
		}
	}
	return crypto{}, false
}

func parseKey(suite rtp.Suite, params string) (*rtp.Key, bool) {
	const method = "inline:"
	if len(params) < len(method) || !strings.EqualFold(params[:len(method)], method) {
		return nil, false
	}
	secret, lifetime, limited := strings.Cut(params[len(method):], "|")
	if limited && !lives(lifetime) {
		return nil, false
	}
	// Some devices leave the padding out.
	material, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(secret, "="))
	if err != nil {
		return nil, false
	}
	key, salt, err := suite.KeyLength()
	if err != nil || len(material) != key+salt {
		return nil, false
	}
	return &rtp.Key{Suite: suite, Key: material[:key:key], Salt: material[key:]}, true
}

// lives reads a lifetime in packets, 2^n or a number up to 2^48 (RFC 3711 section 9.2). It is not
// watched: at 50 packets/s even 2^20, the shortest devices ask for, last almost six hours.
func lives(text string) bool {
	number, power := strings.CutPrefix(text, "2^")
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || n == 0 {
		return false
	}
	return n <= 48 || !power && n <= 1<<48
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// attribute is the value of the a=crypto line. It holds the secret.
func (c crypto) attribute() string {
	secret := append(append([]byte(nil), c.key.Key...), c.key.Salt...)
	return fmt.Sprintf("%s %s inline:%s", c.tag, c.key.Suite, base64.StdEncoding.EncodeToString(secret))
}

// key returns our key for a suite, made when first asked for and kept for the session.
func (n *Negotiator) key(suite rtp.Suite) (*rtp.Key, error) {
	if k := n.keys[suite]; k != nil {
		return k, nil
	}
	key, salt, err := suite.KeyLength()
	if err != nil {
		return nil, err
	}
	material := make([]byte, key+salt)
	if _, err := io.ReadFull(n.cfg.Rand, material); err != nil {
		return nil, fmt.Errorf("SRTP key: %w", err)
	}
	k := &rtp.Key{Suite: suite, Key: material[:key:key], Salt: material[key:]}
	n.keys[suite] = k
	return k, nil
}
