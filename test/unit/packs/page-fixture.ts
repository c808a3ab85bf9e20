/** A news page as sites write them: frames, scripts, trackers and navigation around an article. */
export const NEWS_PAGE = `<!DOCTYPE html>
<html lang="en-GB">
<head>
  <meta charset="utf-8">
  <title>Harbour bridge reopens after repairs | The Daily Tide</title>
  <meta name="author" content="Ada Mole">
  <link rel="stylesheet" href="http://127.0.0.1:1/style.css">
  <style>@import url("http://127.0.0.1:1/more.css"); body { color: #222 }</style>
  <script src="http://127.0.0.1:1/track.js"></script>
  <script>globalThis.pageScriptRan = true; document.title = "changed by script";</script>
</head>
<body onload="globalThis.pageScriptRan = true">
  <header><nav><ul><li><a href="/">Home</a></li><li><a href="/sport?x=1&amp;y=2">Sport</a></li></ul></nav></header>
  <iframe src="http://127.0.0.1:1/ad.html"></iframe>
  <main>
    <article>
      <h1>Harbour bridge reopens after repairs</h1>
      <p>The old bridge over the harbour, closed since <b>March</b>, carried its first cars on Monday, after seven
      months of work, and far below its budget, the <a href="council/statement#money">council said</a>.</p>
      <p>Engineers replaced two hundred bolts, both bearings, and the whole eastern deck, which had been found, during a
      routine inspection, to be weaker than anyone had assumed when the bridge was built.</p>
      <h2>What comes next</h2>
      <ul>
        <li>New lights in <em>spring</em></li>
        <li>A lane for bicycles, <a href="javascript:alert(1)">perhaps</a></li>
      </ul>
      <blockquote><p>We counted every bolt twice, and then, to be sure, we counted them again.</p></blockquote>
      <table>
        <thead><tr><th>Work</th><th>Cost | EUR</th></tr></thead>
        <tbody><tr><td>Bolts</td><td>12,000</td></tr><tr><td>Deck</td><td>310,000</td></tr></tbody>
      </table>
      <pre><code>bolts = 200
    spare = 12</code></pre>
      <p>Traffic will be counted for a year, said the mayor, who crossed first,<br>on foot, with a flag in her hand.</p>
      <img src="/photo.jpg" alt="The bridge"><img src="data:image/png;base64,AAAA" alt="pixel">
    </article>
  </main>
  <footer><a href="https://social.example/tide">Follow us</a> <a href="mailto:desk@tide.example">Write</a>
  <a href="/sport?x=1&amp;y=2#again">Sport again</a> <a href="#top">Top</a></footer>
  <noscript><img src="http://127.0.0.1:1/pixel.gif"></noscript>
</body>
</html>`;
