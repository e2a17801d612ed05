package sdp

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/rtp"
)

const (
	suite80  = "AES_CM_128_HMAC_SHA1_80"
	suite32  = "AES_CM_128_HMAC_SHA1_32"
	suiteGCM = "AEAD_AES_128_GCM"
	secret30 = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // of RFC 4568 section 10.1.1
	other30  = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
	secret28 = "YUJDZEVmR2hJaktsTW5PcFFyU3RVdld4WXowMTIzNA=="
)

func TestSecretsOfTheTestAreLongEnough(t *testing.T) {
	for text, want := range map[string]int{secret30: 30, other30: 30, secret28[:38] + "==": 28} {
		if b, err := base64.StdEncoding.DecodeString(text); err != nil || len(b) != want {
			t.Errorf("%s: %d bytes, %v", text, len(b), err)
		}
	}
}

func TestPolicyDecidesOnEncryption(t *testing.T) {
	crypto := "a=crypto:1 " + suite80 + " inline:" + secret30
	plain, hopeful := offered("m=audio 4000 RTP/AVP 8"), offered("m=audio 4000 RTP/AVP 8", crypto)
	secure, keyless := offered("m=audio 4000 RTP/SAVP 8", crypto), offered("m=audio 4000 RTP/SAVP 8")
	for _, c := range []struct {
		policy SRTP
		offer  []byte
		want   string // answered protocol and whether with key, "" for none
	}{
		{SRTPOff, plain, "RTP/AVP"}, {SRTPOff, hopeful, "RTP/AVP"}, {SRTPOff, secure, ""}, {SRTPOff, keyless, ""},
		{SRTPOptional, plain, "RTP/AVP"}, {SRTPOptional, hopeful, "RTP/AVP key"}, {SRTPOptional, secure, "RTP/SAVP key"}, {SRTPOptional, keyless, ""},
		{SRTPRequired, plain, ""}, {SRTPRequired, hopeful, "RTP/AVP key"}, {SRTPRequired, secure, "RTP/SAVP key"}, {SRTPRequired, keyless, ""},
	} {
		a, terms, err := newNegotiator(t, Config{SRTP: c.policy}).Answer(c.offer)
		got := ""
		if err == nil {
			valid(t, terms, true)
			got = strings.Fields(lineOf(a, "m="))[2]
			if terms.SendKey != nil && lineOf(a, "a=crypto:1 "+suite80) != "" {
				got += " key"
			}
		} else {
			wantCode(t, err, hotline.CodeUnsupported)
		}
		if got != c.want {
			t.Errorf("policy %d: answered %q, want %q, to\n%s", c.policy, got, c.want, c.offer)
		}
	}
}

func TestSecondStreamIsTakenForItsKeys(t *testing.T) {
	o := offered("m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/SAVP 8", "a=crypto:4 "+suite32+" inline:"+secret30)
	a, terms := answer(t, newNegotiator(t, Config{SRTP: SRTPRequired}), o)
	if s := streams(a); s[0] != "m=audio 0 RTP/AVP 8" || s[1] != "m=audio 30000 RTP/SAVP 8" || terms.ReceiveKey.Suite != suite32 {
		t.Errorf("answer %v, key %v", s, terms.ReceiveKey)
	}
}

func TestCryptoLines(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  string // tag and suite answered, "" for none
	}{
		{[]string{"1 " + suite80 + " inline:" + secret30}, "1 " + suite80},
		{[]string{"123456789 " + suite32 + " inline:" + secret30}, "123456789 " + suite32},
		{[]string{"2 " + suiteGCM + " inline:" + secret28[:38] + "=="}, "2 " + suiteGCM},
		{[]string{"2 " + suiteGCM + " inline:" + secret28[:38]}, "2 " + suiteGCM},
		{[]string{"1 aes_cm_128_hmac_sha1_80 INLINE:" + secret30 + "|2^31"}, "1 " + suite80},
		{[]string{"1 " + suite80 + " inline:" + secret30 + "|1048576 WSH=128 -x=1 KDR=0"}, "1 " + suite80},
		// The peer's order of suites counts.
		{[]string{"1 AES_256_CM_HMAC_SHA1_80 inline:" + secret30, "7 " + suite32 + " inline:" + secret30, "3 " + suite80 + " inline:" + other30}, "7 " + suite32},
		{[]string{"1 " + suite80 + " inline:" + secret30 + "|2^31|1:4", "2 " + suite80 + " inline:" + other30}, "2 " + suite80},
		{[]string{"1 " + suite80 + " inline:" + secret30 + "|1:4"}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30 + ";inline:" + other30}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30 + "|2^49"}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30 + "|0"}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30 + "|"}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30 + " KDR=1"}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30 + " UNENCRYPTED_SRTP"}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30 + " UNAUTHENTICATED_SRTP"}, ""},
		{[]string{"1 " + suite80 + " inline:" + secret30[:36]}, ""},
		{[]string{"1 " + suiteGCM + " inline:" + secret30}, ""},
		{[]string{"1 " + suite80 + " inline:!" + secret30[1:]}, ""},
		{[]string{"1 " + suite80 + " uri:" + secret30}, ""},
		{[]string{"1 " + suite80}, ""},
		{[]string{"x " + suite80 + " inline:" + secret30}, ""},
		{[]string{"1234567890 " + suite80 + " inline:" + secret30}, ""},
		{[]string{""}, ""},
	} {
		media := []string{"m=audio 4000 RTP/SAVP 8"}
		for _, l := range c.lines {
			media = append(media, "a=crypto:"+l)
		}
		a, _, err := newNegotiator(t, Config{SRTP: SRTPOptional}).Answer(offered(media...))
		got := strings.TrimPrefix(lineOf(a, "a=crypto:"), "a=crypto:")
		if got, _, _ = strings.Cut(got, " inline:"); got != c.want {
			t.Errorf("%v: answered %q, want %q", c.lines, got, c.want)
		}
		if c.want == "" {
			wantCode(t, err, hotline.CodeUnsupported)
		}
	}
}

func TestKeysAreReadAsSent(t *testing.T) {
	_, terms := answer(t, newNegotiator(t, Config{SRTP: SRTPOptional}),
		offered("m=audio 4000 RTP/SAVP 8", "a=crypto:1 "+suite80+" inline:"+secret30))
	if got := base64.StdEncoding.EncodeToString(append(terms.ReceiveKey.Key, terms.ReceiveKey.Salt...)); got != secret30 {
		t.Errorf("key %s", got)
	}
	if len(terms.ReceiveKey.Key) != 16 || len(terms.ReceiveKey.Salt) != 14 {
		t.Errorf("%d bytes of key and %d of salt", len(terms.ReceiveKey.Key), len(terms.ReceiveKey.Salt))
	}
}

func TestKeysStayForTheSession(t *testing.T) {
	us, them := pair(t, Config{SRTP: SRTPOptional}, Config{SRTP: SRTPOptional})
	first, _ := exchange(t, us, them, rtp.SendRecv)
	for _, d := range []rtp.Direction{rtp.SendOnly, rtp.SendRecv} {
		a, b := exchange(t, us, them, d)
		if a.SendKey != first.SendKey || string(a.ReceiveKey.Key) != string(first.ReceiveKey.Key) || b.SendKey.Suite != suite80 {
			t.Errorf("%v: keys changed", d)
		}
	}
}

func TestPeersNewKeyIsTaken(t *testing.T) {
	n := newNegotiator(t, Config{SRTP: SRTPOptional})
	with := func(crypto string) rtp.Terms {
		_, terms := answer(t, n, offered("m=audio 4000 RTP/SAVP 8", "a=crypto:1 "+crypto))
		return terms
	}
	first, second := with(suite80+" inline:"+secret30), with(suite80+" inline:"+other30)
	if string(second.ReceiveKey.Key) == string(first.ReceiveKey.Key) || second.SendKey != first.SendKey {
		t.Error("the peer's key is the old one, or ours is another")
	}
	// Back from another suite, the key must not be used for packet numbers it has had.
	with(suite32 + " inline:" + secret30)
	if third := with(suite80 + " inline:" + other30); string(third.SendKey.Key) == string(first.SendKey.Key) {
		t.Error("our key is used again")
	}
}

func TestEncryptionIsNotTakenBack(t *testing.T) {
	plain := offered("m=audio 4000 RTP/AVP 8")
	n := newNegotiator(t, Config{SRTP: SRTPOptional})
	answer(t, n, offered("m=audio 4000 RTP/AVP 8", "a=crypto:1 "+suite80+" inline:"+secret30))
	_, _, err := n.Answer(plain)
	wantCode(t, err, hotline.CodeUnsupported)
	offer(t, n, rtp.SendRecv)
	_, err = n.Accept(plain)
	wantCode(t, err, hotline.CodeUnsupported)
}

func TestAnswersToOurKeys(t *testing.T) {
	for _, c := range []struct {
		policy                 SRTP
		protocol, crypto, want string // want is the suite, "plain" or a code
	}{
		{SRTPOptional, "RTP/AVP", "", "plain"},
		{SRTPOptional, "RTP/AVP", "1 " + suite80 + " inline:" + secret30, suite80},
		{SRTPOptional, "RTP/SAVP", "3 " + suite32 + " inline:" + secret30, suite32},
		{SRTPOptional, "RTP/SAVP", "", "unsupported"},
		{SRTPRequired, "RTP/SAVP", "2 " + suiteGCM + " inline:" + secret28[:38] + "==", suiteGCM},
		{SRTPRequired, "RTP/AVP", "", "unsupported"},
		{SRTPRequired, "RTP/SAVP", "2 " + suite80 + " inline:" + secret30, "unsupported"}, // another's tag
		{SRTPRequired, "RTP/SAVP", "9 " + suite80 + " inline:" + secret30, "unsupported"},
	} {
		n := newNegotiator(t, Config{SRTP: c.policy})
		offer(t, n, rtp.SendRecv)
		media := []string{"m=audio 4000 " + c.protocol + " 8"}
		if c.crypto != "" {
			media = append(media, "a=crypto:"+c.crypto)
		}
		terms, err := n.Accept(offered(media...))
		got := "plain"
		if err != nil {
			got = string(hotline.CodeOf(err))
		} else if valid(t, terms, true); terms.SendKey != nil {
			got = string(terms.SendKey.Suite)
		}
		if got != c.want {
			t.Errorf("policy %d, %s %q: %s (%v), want %s", c.policy, c.protocol, c.crypto, got, err, c.want)
		}
	}
}

func TestOurOwnKeyIsNoKeyOfThePeer(t *testing.T) {
	n := newNegotiator(t, Config{SRTP: SRTPRequired})
	_, err := n.Accept(offer(t, n, rtp.SendRecv))
	wantCode(t, err, hotline.CodeUnsupported)
	ours := n.Local()
	n.Rollback()
	_, _, err = n.Answer(ours)
	wantCode(t, err, hotline.CodeUnsupported)
}

func TestKeysAreNotPrinted(t *testing.T) {
	n := newNegotiator(t, Config{SRTP: SRTPRequired})
	_, terms := answer(t, n, offered("m=audio 4000 RTP/SAVP 8", "a=crypto:1 "+suite80+" inline:"+secret30))
	for _, verb := range []string{"%v", "%+v"} {
		if s := fmt.Sprintf(verb, terms); strings.Contains(s, fmt.Sprintf("%d", terms.SendKey.Key[:4])[1:]) {
			t.Errorf("%s: %s", verb, s)
		}
	}
	_, _, err := n.Answer(offered("m=audio x RTP/SAVP 8", "a=crypto:1 "+suite80+" inline:"+secret30))
	if err == nil || strings.Contains(err.Error(), secret30[:8]) {
		t.Errorf("error %v", err)
	}
}
