package screen

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// invite is a sound INVITE; tests change one thing in it.
const invite = "INVITE sip:12345@gw.example.com SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: \"张三\" <sip:alice@example.com>;tag=1\r\n" +
	"To: <sip:12345@gw.example.com>\r\n" +
	"Call-ID: a@192.0.2.1\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Contact: <sip:alice@192.0.2.1>\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 3\r\n" +
	"\r\nv=0"

func parse(t testing.TB, text string) sip.Message {
	t.Helper()
	msg, err := NewParser().ParseSIP([]byte(text))
	if err != nil {
		t.Fatalf("parse %q: %v", text, err)
	}
	msg.SetTransport("UDP")
	return msg
}

func TestRequest(t *testing.T) {
	add := func(header string) []string { return []string{"Max-Forwards: 70", header + "\r\nMax-Forwards: 70"} }
	tests := map[string]struct {
		replace []string // old, new, …
		want    int
		header  string // of the answer
	}{
		"sound":                          {nil, accepted, ""},
		"version in lower case":          {[]string{" SIP/2.0\r", " sip/2.0\r"}, accepted, ""},
		"short forms":                    {[]string{"From:", "f:", "Content-Type:", "c:", "Call-ID:", "i:"}, accepted, ""},
		"repeated across forms":          {add("f: <sip:mallory@example.com>;tag=2"), 400, ""},
		"repeated Content-Length, equal": {add("l: 3"), 400, ""},
		"repeated Content-Type":          {add("c: text/plain"), 400, ""},
		"two Via":                        {add("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx"), accepted, ""},
		"no Via":                         {[]string{"Via:", "X-Via:"}, dropped, ""},
		"no To":                          {[]string{"To:", "X-To:"}, 400, ""},
		"Max-Forwards 0":                 {[]string{"70", "0"}, accepted, ""},
		"Max-Forwards 256":               {[]string{"70", "256"}, 400, ""},
		"Via of another protocol":        {[]string{"Via: SIP/2.0", "Via: HTTP/1.1"}, 400, ""},
		"Via port out of range":          {[]string{"192.0.2.1:5060", "192.0.2.1:70000"}, 400, ""},
		"branch is the cookie only":      {[]string{"z9hG4bKabc", "z9hG4bK"}, 400, ""},
		"branch of RFC 2543":             {[]string{"z9hG4bKabc", "1"}, accepted, ""},
		"CSeq of another method":         {[]string{"1 INVITE", "1 BYE"}, 400, ""},
		"method in lower case":           {[]string{"1 INVITE", "1 invite"}, 400, ""},
		"unknown method":                 {[]string{"INVITE sip", "FOO sip", "1 INVITE", "1 FOO"}, 501, "Allow: " + Allow},
		"method not served":              {[]string{"INVITE sip", "REFER sip", "1 INVITE", "1 REFER"}, 405, "Allow: " + Allow},
		"tel URI":                        {[]string{"sip:12345@gw.example.com SIP", "tel:12345 SIP"}, accepted, ""},
		"http URI":                       {[]string{"sip:12345@gw.example.com SIP", "http://gw SIP"}, 416, ""},
		"URI without host":               {[]string{"sip:12345@gw.example.com SIP", "sip:12345@ SIP"}, 400, ""},
		"URI port out of range":          {[]string{"gw.example.com SIP", "gw.example.com:99999 SIP"}, 400, ""},
		"URI with headers":               {[]string{"gw.example.com SIP", "gw.example.com?Subject=x SIP"}, 400, ""},
		"URI with method":                {[]string{"gw.example.com SIP", "gw.example.com;method=BYE SIP"}, 400, ""},
		"To without host":                {[]string{"To: <sip:12345@gw.example.com>", "To: <sip:>"}, 400, ""},
		"two Contacts":                   {add("Contact: <sip:eve@192.0.2.66>"), 400, ""},
		"two Contacts in one":            {[]string{"<sip:alice@192.0.2.1>\r", "<sip:alice@192.0.2.1>, <sip:e@192.0.2.66>\r"}, 400, ""},
		"Contact star":                   {[]string{"Contact: <sip:alice@192.0.2.1>", "Contact: *"}, 400, ""},
		"Contact tel":                    {[]string{"Contact: <sip:alice@192.0.2.1>", "Contact: <tel:1>"}, 400, ""},
		"Contact headers in brackets":    {[]string{"Contact: <sip:alice@192.0.2.1>", "Contact: <sip:alice@192.0.2.1?a=b>"}, accepted, ""},
		"Contact headers after a name":   {[]string{"Contact: <sip:alice@192.0.2.1>", "Contact: \"a<b\" <sip:alice@192.0.2.1?a=b>"}, accepted, ""},
		"Contact headers bare":           {[]string{"Contact: <sip:alice@192.0.2.1>", "m: sip:alice@192.0.2.1?a=b"}, 400, ""},
		"Require supported":              {add("Require: 100rel, TIMER"), accepted, ""},
		"Require replaces":               {add("Require: timer\r\nRequire: replaces,x"), 420, "Unsupported: replaces, x"},
		"Proxy-Require":                  {add("Proxy-Require: x"), accepted, ""},
		"body of another type":           {[]string{"application/sdp", "text/plain"}, 415, "Accept: application/sdp"},
		"body type in capitals":          {[]string{"application/sdp", "Application/SDP;charset=utf-8"}, accepted, ""},
		"body of no type":                {[]string{"Content-Type:", "X:"}, 400, ""},
		"optional body":                  {[]string{"application/sdp", "text/plain\r\nContent-Disposition: render; handling = optional"}, accepted, ""},
		"encoded body":                   {add("e: gzip"), 415, "Accept-Encoding: identity"},
		"identity body":                  {add("Content-Encoding: identity"), accepted, ""},
		"accepts SDP among others":       {add("Accept: text/plain;q=0.1, application/SDP"), accepted, ""},
		"accepts anything":               {add("Accept: */*"), accepted, ""},
		"accepts nothing":                {add("Accept:"), 406, ""},
		"bare LF":                        {add("Subject: x\nVia: SIP/2.0/UDP 192.0.2.66"), dropped, ""},
		"NUL":                            {add("Subject: a\x00b"), dropped, ""},
		"bare LF in the URI":             {[]string{"sip:12345@", "sip:1\n2@"}, dropped, ""},
		"tab":                            {add("Subject: a\tb"), accepted, ""},
		"name is no token":               {add("Sub ject: a"), 400, ""},
		"header too long":                {add("Subject: " + strings.Repeat("x", MaxHeader)), 513, ""},
		"header just short enough":       {add("Subject: " + strings.Repeat("x", MaxHeader-len("Subject: "))), accepted, ""},
		"too many headers":               {add(strings.Repeat("X: y\r\n", MaxHeaders) + "X: y"), 513, ""},
		"too large":                      {add(strings.Repeat("X: "+strings.Repeat("y", 2000)+"\r\n", 9) + "X: y"), 513, ""},
		"ACK is never answered":          {[]string{"INVITE sip", "ACK sip", "1 INVITE", "1 ACK", "70", "256"}, dropped, ""},
		"ACK needs no extension":         {append(add("Require: x"), "INVITE sip", "ACK sip", "1 INVITE", "1 ACK"), accepted, ""},
		"CANCEL needs no extension":      {append(add("Require: x"), "INVITE sip", "CANCEL sip", "1 INVITE", "1 CANCEL"), accepted, ""},
		"BYE with any body":              {[]string{"INVITE sip", "BYE sip", "1 INVITE", "1 BYE", "application/sdp", "x/y"}, accepted, ""},
		"INFO with keys":                 {[]string{"INVITE sip", "INFO sip", "1 INVITE", "1 INFO", "application/sdp", "application/dtmf"}, accepted, ""},
		"INFO with another body":         {[]string{"INVITE sip", "INFO sip", "1 INVITE", "1 INFO"}, 415, "Accept: " + AcceptInfo},
		"REGISTER star":                  {[]string{"INVITE sip", "REGISTER sip", "1 INVITE", "1 REGISTER", "<sip:alice@192.0.2.1>", "*"}, accepted, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := parse(t, strings.NewReplacer(tt.replace...).Replace(invite)).(*sip.Request)
			v := Request(req)
			got := accepted
			switch {
			case v != nil && v.Drop:
				got = dropped
				if v.Response(req) != nil {
					t.Error("a dropped request is answered")
				}
			case v != nil:
				got = v.Status
				answer := v.Response(req).String()
				if !strings.Contains(answer, "\r\n"+tt.header) || !strings.HasPrefix(answer, "SIP/2.0 ") {
					t.Errorf("answer without %q:\n%s", tt.header, answer)
				}
			}
			if got != tt.want {
				t.Errorf("%d, want %d (%+v)", got, tt.want, v)
			}
		})
	}
}

func TestResponse(t *testing.T) {
	const ok = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n" +
		"To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	tests := map[string]struct {
		replace []string
		want    bool
	}{
		"ours":          {nil, true},
		"foreign host":  {[]string{"192.0.2.7", "192.0.2.8"}, false},
		"foreign port":  {[]string{":5060", ":5070"}, false},
		"two Via":       {[]string{"From", "v: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKy\r\nFrom"}, false},
		"two Via in 1":  {[]string{"z9hG4bKx", "z9hG4bKx, SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKy"}, false},
		"no Via":        {[]string{"Via", "X"}, false},
		"two Call-ID":   {[]string{"CSeq", "i: y\r\nCSeq"}, false},
		"status 99":     {[]string{"200", "99"}, false},
		"status 700":    {[]string{"200", "700"}, false},
		"other version": {[]string{"SIP/2.0 200", "SIP/3.0 200"}, false},
		"bare LF":       {[]string{"OK", "OK\nX: y"}, false},
	}
	ours := func(host string, port int) bool { return host == "192.0.2.7" && port == 5060 }
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := parse(t, strings.NewReplacer(tt.replace...).Replace(ok)).(*sip.Response)
			if got := Response(res, ours); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestListReadsShortFormsAndQuotes(t *testing.T) {
	req := parse(t, strings.Replace(invite, "Max", "k: timer,100rel\r\nSUPPORTED: x;y=\"a,b\\\",c\" , \r\nMax", 1)).(*sip.Request)
	got := strings.Join(List(req.Headers(), "Supported"), "|")
	if want := `timer|100rel|x;y="a,b\",c"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzRequest checks that the answer to any request that can be parsed either is not sent or is one
// message whose mandatory headers are those of the request.
func FuzzRequest(f *testing.F) {
	for _, data := range tortureMessages(f) {
		f.Add(data)
	}
	f.Add([]byte(invite))
	parser := NewParser()
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := parser.ParseSIP(data)
		if err != nil {
			return
		}
		req, ok := msg.(*sip.Request)
		if !ok {
			Response(msg.(*sip.Response), func(string, int) bool { return true })
			return
		}
		req.SetSource("192.0.2.1:5060")
		v := Request(req)
		if v == nil {
			if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil || req.Via() == nil {
				t.Fatal("passed without a mandatory header")
			}
			v = &Verdict{Status: 200, Reason: "OK"}
		}
		if v.Drop {
			return
		}
		res := v.Response(req)
		if err := Outgoing(res); err != nil {
			t.Fatalf("%d cannot be sent: %v", v.Status, err)
		}
		checkLines(t, res, res.Headers())
	})
}
