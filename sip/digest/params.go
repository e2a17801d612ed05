package digest

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds on what a foreign header may hold; far above what telephones send.
const (
	maxHeader = 4096 // bytes
	maxParams = 32
)

var errNotDigest = errors.New("not a Digest header")

// parseParams reads the parameters of a Digest challenge or credentials. Names come back in lower
// case. A name given twice is an error: two readers could choose differently.
func parseParams(header string) (map[string]string, error) {
	scheme, rest, _ := strings.Cut(strings.Trim(header, " \t"), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, errNotDigest
	}
	if len(header) > maxHeader {
		return nil, fmt.Errorf("header of %d bytes is over %d", len(header), maxHeader)
	}
	params := make(map[string]string, 10)
	for {
		rest = strings.TrimLeft(rest, " \t,") // empty list elements are legal (RFC 9110 §5.6.1)
		if rest == "" {
			return params, nil
		}
		end := tokenEnd(rest)
		name := strings.ToLower(rest[:end])
		rest = strings.TrimLeft(rest[end:], " \t")
		if name == "" || !strings.HasPrefix(rest, "=") {
			return nil, errors.New("parameter without a name or value")
		}
		value, after, err := cutValue(strings.TrimLeft(rest[1:], " \t"))
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("parameter %s is given twice", name)
		}
		if len(params) == maxParams {
			return nil, fmt.Errorf("more than %d parameters", maxParams)
		}
		params[name] = value
		rest = strings.TrimLeft(after, " \t")
		if rest != "" && rest[0] != ',' {
			return nil, fmt.Errorf("parameter %s is not followed by a comma", name)
		}
	}
}

// cutValue reads a token or a quoted string off the front.
func cutValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		end := tokenEnd(s)
		if end == 0 {
			return "", s, errors.New("no value")
		}
		return s[:end], s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c < ' ' || c == 0x7f:
			return "", s, errors.New("control character")
		case c == '\\':
			i++
			if i == len(s) || s[i] < ' ' || s[i] == 0x7f {
				return "", s, errors.New("bad escape")
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", s, errors.New("quote without end")
}

// tokenEnd returns the length of the token in front (RFC 3261 §25.1). Some telephones leave URIs and
// nonces unquoted, so their characters belong to it as well.
func tokenEnd(s string) int {
	i := 0
	for i < len(s) && (isAlphanumeric(s[i]) || strings.IndexByte("-.!%*_+`'~/@:", s[i]) >= 0) {
		i++
	}
	return i
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}

// quote writes a quoted-string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// credentials are the parameters of an Authorization header that count.
type credentials struct {
	username, realm, nonce, uri, response string
	algorithm                             string
	qop, nc, cnonce                       string
	opaque                                string
}

// parseCredentials reads an Authorization or Proxy-Authorization header. userhash is never offered,
// so credentials that use it are an error, as is the extended username* of RFC 7616 §3.4.
func parseCredentials(header string) (credentials, error) {
	p, err := parseParams(header)
	if err != nil {
		return credentials{}, err
	}
	c := credentials{
		username: p["username"], realm: p["realm"], nonce: p["nonce"], uri: p["uri"], response: p["response"],
		algorithm: p["algorithm"], qop: p["qop"], nc: p["nc"], cnonce: p["cnonce"], opaque: p["opaque"],
	}
	if strings.EqualFold(p["userhash"], "true") {
		return c, errors.New("userhash was not offered")
	}
	return c, nil
}

func (c credentials) String() string {
	var b strings.Builder
	b.WriteString("Digest username=" + quote(c.username) + ", realm=" + quote(c.realm) +
		", nonce=" + quote(c.nonce) + ", uri=" + quote(c.uri))
	if c.algorithm != "" {
		b.WriteString(", algorithm=" + c.algorithm)
	}
	if c.opaque != "" {
		b.WriteString(", opaque=" + quote(c.opaque))
	}
	if c.qop != "" {
		b.WriteString(", qop=" + c.qop + ", nc=" + c.nc + ", cnonce=" + quote(c.cnonce))
	}
	b.WriteString(", response=" + quote(c.response)) // some peers want it last
	return b.String()
}
