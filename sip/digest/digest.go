// Package digest proves who a telephone or a trunk is: digest access authentication for SIP, as RFC
// 7616 defines it and RFC 8760 brings it to SIP. Server challenges and verifies, Client answers the
// challenges of a registrar or trunk. Both speak in header values, so the package knows no SIP stack.
//
// Only qop=auth is spoken. SHA-256 comes first; MD5 is for the accounts that allow it.
package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Algorithm is the hash of a challenge, as written in its algorithm parameter.
type Algorithm string

// The algorithms spoken, in order of preference.
const (
	SHA256 Algorithm = "SHA-256"
	MD5    Algorithm = "MD5"
)

// parseAlgorithm reads the algorithm parameter. Without one it is MD5 (RFC 7616 §3.3).
func parseAlgorithm(s string) (Algorithm, bool) {
	switch {
	case s == "", strings.EqualFold(s, string(MD5)):
		return MD5, true
	case strings.EqualFold(s, string(SHA256)):
		return SHA256, true
	}
	return "", false
}

// hash returns the lower-case hexadecimal digest of the parts joined with colons: H(a:b:c).
func (a Algorithm) hash(parts ...string) string {
	joined := []byte(strings.Join(parts, ":"))
	if a == MD5 {
		sum := md5.Sum(joined)
		return hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(joined)
	return hex.EncodeToString(sum[:])
}

// response is the request-digest of RFC 7616 §3.4.1 for qop=auth, and that of RFC 2069 without qop.
func (a Algorithm) response(ha1, method string, p credentials) string {
	ha2 := a.hash(method, p.uri)
	if p.qop == "" {
		return a.hash(ha1, p.nonce, ha2)
	}
	return a.hash(ha1, p.nonce, p.nc, p.cnonce, p.qop, ha2)
}

// Account is a name with its secret, of a telephone that comes to us or of a trunk we go to.
type Account struct {
	Name     string
	Password string // in plain, or
	// HA1 holds H(name:realm:password) in hexadecimal for each algorithm; it is as secret as the
	// password within its realm.
	HA1 map[Algorithm]string
	// AllowMD5 accepts the weak algorithm. An HA1 for MD5 allows it as well.
	AllowMD5 bool
}

// secrets returns the HA1 of every algorithm the account may use.
func (a Account) secrets(realm string) (map[Algorithm]string, error) {
	switch {
	case a.Name == "":
		return nil, fmt.Errorf("account has no name")
	case !printable(a.Name) || !printable(a.Password):
		return nil, fmt.Errorf("account %q: name and password must not hold control characters", a.Name)
	case strings.Contains(a.Name, ":"):
		return nil, fmt.Errorf("account %q: a name must not hold a colon (RFC 7616 §3.4.2)", a.Name)
	case a.Password == "" && len(a.HA1) == 0:
		return nil, fmt.Errorf("account %q: needs a password or an HA1", a.Name)
	case a.Password != "" && len(a.HA1) > 0:
		return nil, fmt.Errorf("account %q: give a password or an HA1, not both", a.Name)
	}
	secrets := make(map[Algorithm]string, 2)
	for algorithm, ha1 := range a.HA1 {
		size := map[Algorithm]int{SHA256: sha256.Size, MD5: md5.Size}[algorithm]
		if size == 0 {
			return nil, fmt.Errorf("account %q: HA1 for algorithm %q; known are %s and %s", a.Name, algorithm, SHA256, MD5)
		}
		if raw, err := hex.DecodeString(ha1); err != nil || len(raw) != size {
			return nil, fmt.Errorf("account %q: HA1 for %s must be %d hexadecimal digits", a.Name, algorithm, 2*size)
		}
		secrets[algorithm] = strings.ToLower(ha1)
	}
	if a.Password != "" {
		secrets[SHA256] = SHA256.hash(a.Name, realm, a.Password)
		if a.AllowMD5 {
			secrets[MD5] = MD5.hash(a.Name, realm, a.Password)
		}
	}
	return secrets, nil
}
