package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"
)

// A nonce carries its own proof, so that a challenge costs no memory: the time it was made, random
// bytes, and an HMAC over both with the realm, the algorithm and the source that asked. A nonce
// shown by another source is as good as forged, so a forged UDP source cannot make failures count
// against somebody else.
const (
	nonceTime   = 8  // bytes, milliseconds since 1970
	nonceRandom = 8  // bytes
	nonceProof  = 16 // bytes, half an HMAC-SHA-256 (RFC 2104 §5)
	nonceSize   = nonceTime + nonceRandom + nonceProof
)

type mint struct {
	key   []byte
	realm string
}

func (m mint) proof(head []byte, a Algorithm, source netip.Addr) []byte {
	mac := hmac.New(sha256.New, m.key)
	mac.Write(head)
	mac.Write([]byte(string(a) + "\x00" + m.realm + "\x00" + source.String()))
	return mac.Sum(nil)[:nonceProof]
}

func (m mint) issue(now time.Time, a Algorithm, source netip.Addr) string {
	head := make([]byte, nonceTime+nonceRandom, nonceSize)
	binary.BigEndian.PutUint64(head, uint64(now.UnixMilli()))
	_, _ = rand.Read(head[nonceTime:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(append(head, m.proof(head, a, source)...))
}

// check tells when a nonce was issued, and whether it is one of ours for this source.
func (m mint) check(nonce string, a Algorithm, source netip.Addr) (issued time.Time, ours bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(raw) != nonceSize {
		return time.Time{}, false
	}
	head := raw[:nonceTime+nonceRandom]
	if !hmac.Equal(raw[nonceTime+nonceRandom:], m.proof(head, a, source)) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(head))), true
}

// window remembers which nonce counts of one nonce were used: the highest, and one bit for each of
// the 64 up to it, as IPsec does for packets (RFC 4303 §3.4.3), because UDP may reorder requests.
type window struct {
	highest uint32
	used    uint64 // bit 0 is highest
}

// take reports whether a count was unused, and marks it as used.
func (w *window) take(nc uint32) bool {
	switch behind := w.highest - nc; {
	case nc == 0:
		return false
	case nc > w.highest:
		w.used = w.used<<(nc-w.highest) | 1
		w.highest = nc
		return true
	case behind >= 64 || w.used&(1<<behind) != 0:
		return false
	default:
		w.used |= 1 << behind
		return true
	}
}

// parseCount reads nc, which is exactly 8 hexadecimal digits.
func parseCount(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 16, 32)
	return uint32(n), err == nil && len(s) == 8
}
