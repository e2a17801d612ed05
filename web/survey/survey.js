// Asks for the grade of one conversation. The token stands after # in the address, which browsers send to nobody.
(() => {
  "use strict";

  const texts = {
    "zh-CN": {
      other: "English",
      title: "服务评价",
      about: (when, channel, service) => `${when}，您通过${channel}联系了${service || "我们"}。`,
      channels: { phone: "电话", web: "网页通话", chat: "在线咨询" },
      ask: "您对这次服务满意吗？",
      grades: ["非常不满意", "不满意", "一般", "满意", "非常满意"],
      comment: "意见和建议（选填）",
      send: "提交评价",
      again: "重试",
      thanks: ["感谢您的评价", "您的评价已经收到，我们会据此改进服务。"],
      401: ["链接无效", "请从最近收到的短信或消息中完整地打开链接。"],
      409: ["已经评价过了", "这次服务的评价已经收到，每次服务只能评价一次，谢谢。"],
      410: ["链接已过期", "评价的时间已过。如需反映问题，请再次联系我们。"],
      429: ["请求太频繁", "请稍等片刻再试。"],
      other_status: ["暂时无法评价", "请检查网络，稍后再试。"],
    },
    en: {
      other: "中文",
      title: "How did we do?",
      about: (when, channel, service) => `On ${when} you contacted ${service || "us"} by ${channel}.`,
      channels: { phone: "phone", web: "a call from a browser", chat: "chat" },
      ask: "Were you satisfied with this service?",
      grades: ["Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"],
      comment: "Comments (optional)",
      send: "Send",
      again: "Try again",
      thanks: ["Thank you", "Your answer has been received. It helps us to do better."],
      401: ["The link is not valid", "Open the whole link from the latest message that you have received."],
      409: ["Already answered", "The answer for this service has been received, and there is one for each. Thank you."],
      410: ["The link has expired", "The time for answers is over. To report a problem, please contact us again."],
      429: ["Too many requests", "Please wait a moment and try again."],
      other_status: ["Not possible at the moment", "Check the network and try again later."],
    },
  };

  const by = (id) => document.getElementById(id);
  const radios = [5, 4, 3, 2, 1].map((grade) => {
    const label = document.createElement("label");
    label.className = "grade";
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "grade", value: String(grade) });
    label.append(radio, document.createElement("span"));
    by("grades").append(label);
    return radio;
  });

  let language = /^zh\b/i.test(navigator.language || "zh") ? "zh-CN" : "en";
  let about = null; // what the gateway tells of the conversation
  let outcome = ""; // "thanks" or the status that ended it, "" while the form is shown
  let wrong = ""; // status that an answer came back with that can be tried again

  const token = () => location.hash.slice(1);
  const final = (status) => ["401", "409", "410"].includes(status);

  // ask returns the answer and its status, "" when nothing came back.
  async function ask(body) {
    const request = { method: body ? "POST" : "GET", cache: "no-store", headers: { Authorization: "Bearer " + token() } };
    if (body) {
      request.headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    try {
      const res = await fetch("../api/v1/survey", request);
      return { status: String(res.status), body: res.status === 200 ? await res.json() : null };
    } catch {
      return { status: "", body: null };
    }
  }

  function show() {
    const t = texts[language];
    const told = outcome && (t[outcome] || t.other_status);
    document.documentElement.lang = language;
    by("language").textContent = t.other;
    by("language").lang = language === "en" ? "zh-CN" : "en";
    document.title = by("title").textContent = told ? told[0] : t.title;
    by("about").textContent = told ? told[1] : about ? t.about(when(about.began), t.channels[about.channel] || about.channel, about.service) : "";
    by("form").hidden = Boolean(told) || !about;
    by("ask").textContent = t.ask;
    for (const radio of radios) radio.nextElementSibling.textContent = t.grades[radio.value - 1];
    by("more").hidden = !radios.some((radio) => radio.checked);
    by("comment-label").textContent = t.comment;
    by("send").textContent = t.send;
    by("send").hidden = by("more").hidden;
    by("wrong").textContent = wrong ? (t[wrong] || t.other_status).join("：") : "";
    by("again").textContent = t.again;
    by("again").hidden = !told || outcome === "thanks" || final(outcome);
  }

  const when = (at) => new Date(at).toLocaleString(language, { year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" });

  async function load() {
    about = null;
    outcome = wrong = "";
    by("form").reset();
    show();
    const asked = token();
    const answer = asked ? await ask() : { status: "401", body: null };
    if (asked !== token()) return; // another link was opened meanwhile
    about = answer.body;
    outcome = answer.status === "200" ? "" : answer.status || "network";
    show();
  }

  by("form").addEventListener("change", show);
  by("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = radios.find((radio) => radio.checked);
    if (!chosen) return;
    by("send").disabled = true;
    const comment = by("comment").value.trim();
    const { status } = await ask({ grade: Number(chosen.value), ...(comment && { comment }) });
    by("send").disabled = false;
    outcome = status === "204" ? "thanks" : final(status) ? status : "";
    wrong = outcome ? "" : status || "network";
    show();
    if (outcome) by("title").focus();
  });
  by("again").addEventListener("click", load);
  by("language").addEventListener("click", () => {
    language = language === "en" ? "zh-CN" : "en";
    show();
  });
  window.addEventListener("hashchange", load);
  load();
})();
