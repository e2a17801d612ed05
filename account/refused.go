package account

import (
	"time"

	"github.com/hotline-cc/hotline"
)

// Reason is why somebody is refused, for programs.
type Reason string

// The reasons.
const (
	Wrong        Reason = "wrong"         // login, password or code; which one is not told
	Locked       Reason = "locked"        // too many failures
	Busy         Reason = "busy"          // too many log-ins at once
	TOTPRequired Reason = "totp_required" // the password is right and a code is needed
	Ended        Reason = "ended"         // there is no such session, or no longer
	Weak         Reason = "weak"          // the password is not to be taken
)

// Refused is an error with a reason. It is found with errors.As in what methods return.
type Refused struct {
	Reason Reason
	After  time.Duration // when to try again, where that helps
	Detail string        // takes the place of the reason's own text
}

var texts = map[Reason]string{
	Wrong:        "登录名、密码或验证码不正确 the login, the password or the code is wrong",
	Locked:       "失败次数过多，请稍后再试 too many failures, try again later",
	Busy:         "登录的人太多，请稍后再试 too many log-ins at once, try again in a moment",
	TOTPRequired: "请输入动态验证码 a code of the second factor is needed",
	Ended:        "登录已失效，请重新登录 the session has ended, log in again",
}

func (r Refused) Error() string {
	if r.Detail != "" {
		return r.Detail
	}
	return texts[r.Reason]
}

func refuse(op string, code hotline.Code, r Refused) error { return hotline.Errorf(op, code, "%w", r) }

func wrong(op string) error { return refuse(op, hotline.CodeUnauthorized, Refused{Reason: Wrong}) }
