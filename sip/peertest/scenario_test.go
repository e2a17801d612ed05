package peertest

import (
	"fmt"
	"strings"
	"text/template"
)

// sippFuncs are the functions of the scenarios. Addresses are SIPp's keywords.
var sippFuncs = template.FuncMap{
	// open sends a request outside a dialog, or the INVITE that begins one.
	"open": func(method string, seq int, body string, headers ...string) string {
		const uri = "sip:[service]@[remote_ip]:[remote_port];transport=[transport]"
		return request(method, uri, seq, body, append(headers, sides("")...))
	},
	// inside sends a request in the dialog.
	"inside": func(method string, seq int, body string, headers ...string) string {
		return request(method, "[next_url]", seq, body, append(headers, sides("[peer_tag_param]")...))
	},
	// refused confirms a final refusal of an INVITE, which must be the last message.
	"refused": func(seq int) string {
		return same("ACK", "[last_To:]", seq)
	},
	// cancel gives up an INVITE, whose provisional response must be the last message.
	"cancel": func(seq int) string {
		return same("CANCEL", "To: <sip:[service]@[remote_ip]:[remote_port]>", seq)
	},
	// stranger sends a request inside a dialog that does not exist.
	"stranger": func(method string, seq int) string {
		return request(method, "sip:[service]@[remote_ip]:[remote_port]", seq, "", sides(";tag=nobody"))
	},
	// called receives an INVITE that begins a call and keeps what answers to it and requests of the
	// called side need.
	"called": func(actions ...string) string {
		var b strings.Builder
		b.WriteString(`<recv request="INVITE" rrs="true"><action>`)
		for _, kept := range [][2]string{{"Via", "via"}, {"From", "caller"}, {"To", "callee"}, {"CSeq", "seq"}} {
			fmt.Fprintf(&b, `<ereg regexp=".*" search_in="hdr" header="%s:" assign_to="%s"/>`, kept[0], kept[1])
		}
		b.WriteString(strings.Join(actions, "") + "</action></recv>")
		return b.String()
	},
	// reply answers the INVITE that was received by called.
	"reply": func(status, body string, headers ...string) string {
		return response(status, body, append([]string{
			"Via:[$via]", "From:[$caller]", "To:[$callee];tag=[pid]-[call_number]", "Call-ID: [call_id]", "CSeq:[$seq]",
		}, headers...))
	},
	// back sends a request in the dialog to who called.
	"back": func(method string, seq int, body string, headers ...string) string {
		return request(method, "[next_url]", seq, body, append(headers, "From:[$callee];tag=[pid]-[call_number]", "To:[$caller]"))
	},
	// replyInside answers the request received last, which is one of a dialog.
	"replyInside": func(status, body string, headers ...string) string {
		return response(status, body, append([]string{
			"[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]",
		}, headers...))
	},
	"sdp": sippSDP,
	// provisional takes 1xx responses that may come.
	"provisional": func(statuses ...int) string {
		var b strings.Builder
		for _, s := range statuses {
			fmt.Fprintf(&b, "<recv response=\"%d\" optional=\"true\"/>\n", s)
		}
		return b.String()
	},
	// verify sets the variable "good" when a request carries the right credentials.
	"verify": func(name, password string) string {
		return fmt.Sprintf(`<verifyauth assign_to="good" username="%s" password="%s"/>`, name, password)
	},
	// check makes a receive fail whose message does not match a pattern: "msg", "body", or a header.
	"check": func(where, pattern string) string {
		in := fmt.Sprintf(`search_in="hdr" header="%s:"`, where)
		if where == "msg" || where == "body" {
			in = fmt.Sprintf(`search_in="%s"`, where)
		}
		return fmt.Sprintf(`<ereg regexp="%s" %s check_it="true" assign_to="matched"/>`, template.HTMLEscapeString(pattern), in)
	},
}

// g729 is an offer of a codec that we do not have.
const g729 = "v=0\no=sipp 1 9 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=audio [media_port] RTP/AVP 18\na=rtpmap:18 G729/8000"

// sippSDP describes A-law sound and keys at a port, in a direction.
func sippSDP(version int, port, direction string) string {
	return fmt.Sprintf("v=0\no=sipp 1 %d IN IP[media_ip_type] [media_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\n"+
		"m=audio %s RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=%s", version, port, direction)
}

// withoutEvents takes the keys out of a description by sippSDP.
func withoutEvents(sdp string) string {
	return strings.NewReplacer(" 101\n", "\n", "a=rtpmap:101 telephone-event/8000\n", "", "a=fmtp:101 0-15\n", "").Replace(sdp)
}

// contact is where SIPp is reached.
const contact = "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>"

// sides are the From and To of requests of a caller.
func sides(tag string) []string {
	return []string{
		"From: \"SIPp\" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]-[call_number]",
		"To: <sip:[service]@[remote_ip]:[remote_port]>" + tag,
	}
}

// again makes SIPp repeat a message over UDP until it is answered.
const again = ` retrans="500"`

func request(method, uri string, seq int, body string, headers []string) string {
	attributes := again
	if method == "ACK" {
		attributes = ""
	}
	return send(attributes, method+" "+uri+" SIP/2.0", append([]string{
		"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
		"Call-ID: [call_id]", fmt.Sprintf("CSeq: %d %s", seq, method), contact, "Max-Forwards: 70",
	}, headers...), body)
}

func response(status, body string, headers []string) string {
	attributes := ""
	if strings.HasPrefix(status, "200") && body != "" {
		attributes = again // it is an answer, which brings ACK
	}
	return send(attributes, "SIP/2.0 "+status, append(headers, contact), body)
}

// same sends what belongs to the transaction of an INVITE and so has its branch.
func same(method, to string, seq int) string {
	return send("", method+" sip:[service]@[remote_ip]:[remote_port];transport=[transport] SIP/2.0", []string{
		"[last_Via:]", "[last_From:]", to, "[last_Call-ID:]", fmt.Sprintf("CSeq: %d %s", seq, method), "Max-Forwards: 70",
	}, "")
}

func send(attributes, first string, headers []string, body string) string {
	if body != "" && !strings.Contains(strings.Join(headers, "\n"), "Content-Type:") {
		headers = append(headers, "Content-Type: application/sdp")
	}
	headers = append(headers, "Content-Length: [len]")
	return fmt.Sprintf("<send%s><![CDATA[\n%s\n%s\n\n%s\n]]></send>", attributes, first, strings.Join(headers, "\n"), body)
}
