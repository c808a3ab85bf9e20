/** Bilevel PNGs of text in languages that `scan` has no letters of, as base64. */
export const FOREIGN = {
  rus: {
    text: "Договор вступает в силу\nс момента подписания.",
    png:
      "iVBORw0KGgoAAAANSUhEUgAAAYsAAABqAQAAAABl9EC1AAADm0lEQVR42u3Wv4vjRhQH8BEOKNWJkGYPjOa6q0OaXRB6Zcr8GWm3" +
      "tEFovCzEKZaoSHWwWP+KzB2IwIH/BXm1oFZimhkY5huP5J+Ls+Sa4whWZQwfS+/73uiZ4Uuvil3IhVzIhfxn0rKvQTr17ZIlGC0t" +
      "QyUeOFofo4KVZsLoDm3KRig4MKoVWITVjjDBiKWMCvojQDsyXsEao1jMRBE64sN4dbshItsS+z2RvYpj/ju/m0Ou1Q2oVtrGEc0D" +
      "BZQfoaZ1C4oPJCYyaUycZ/MaUisMhCzx0pEaHeoKFBPfEiM4GRFSSFnmSAeQ1NoSOG1Jjfr5QOSG5GTgSJlJSC0B6jpHQmr25BOI" +
      "iHYEOSks4pjKrINc1wBpqS3NQuY7UjryAKJwILUyyBxhqXCkHTmiam1jNpAicORxQxYvSfySuF91xHdk7IjYE1fLIg6HB+tcLabR" +
      "NhIDKT86EoHoYU9cYpvyF7Ry5aue/HJEJGo8RZbo8zAw5T7kP4eQlQvZ9oTznnSQeEosUbEju1bmQyuVa6UNtI1SHmzv0qFKjKBq" +
      "IHNlx0R2HMf8Db+fQ7ZquiXX/L7cDUxllKB1TyxjxATBjeWsH0vPeiBwbWOPF/6QmPHWpsURWYKwGX6xG/77gdCct3zoC0ZrI0Hd" +
      "QAh0OEDZ/hM/d77kq4TOkfo1Ys+S5jVixDlSnnlb7kl1jtjgVXLuJpZf9suFXMjX+A9DmCtxZ/kavsGY+QVQePAx4zO3uu+sb0TO" +
      "SzXakypwhFm+Nl5PGKHwjDeQFmziOTJvD+Q+w7xNr9JgqW4NeIeQo9TqHXKe13VrxpO2J2u5Jxlw3yZpHCy1SRxB7ogaSGUE3P7l" +
      "fnMgHPjrOUHs/93ZgWQodWcEd+RZASYROX9/Sj48TxC+/yC3ZOWIHcinLQmPCe1Jy3pSBSi13JIHDcsSkY9/W5+SzxOEP7+tWMJ4" +
      "h9lAqCePGsp9PW6OEiPgsSc3NYwjweqIjDWUSRi/aswpeZwg/OlGwoVsKTt6sEijc7W8bcxJ+YvxBOH19Jh0RhDP66dIDeSHRr0g" +
      "iYivp90JSXuSbMmPjT5p5SJK0jiaqi0J+lZaR9zq7lQi8lHTSbkj8xVyk0YpaRX1Ib/pye2mlxtiTHxbJSL3m1p2R2OZG8EsaTP0" +
      "hf2KUhuvZX5erw3Y5LtE5EHTHIgiR+4saXj9WC5dyPB3ZGnHPSkP5N8u6Zbpl53Kb5Zc3pYXciH/Y/IPi4SWg/nEQ+kAAAAASUVO" +
      "RK5CYII=",
  },
  fra: {
    text: "Le contrat prend effet dès sa signature.\nÀ régler avant la fin du mois d'août.",
    png:
      "iVBORw0KGgoAAAANSUhEUgAAAkcAAABqAQAAAACelcibAAAFgUlEQVR42u3Xsa7jRBQGYIegdYMyoqO4uoNEQct2ixR5REXJK/AI" +
      "i2huEWV8tUWomDdYvwaloyBN6VdwsMSU2Lg5lkbzc884yd6bZMUuRGiFksLKyPEXz/E5M8cJLvQJyVW6SlfpKl2lD11S/0IyAPyt" +
      "iN89ijcn6Jxk/kaim71k3l3q+NAfSR3pODGP6lSq3kfqCTvJnd70P5TwH0q1hhekrChnX7WyFHihf1ap32JtQDJPxNpP4G/wCvfA" +
      "xKfAPeFZ9hKlTr4Oyx9I7aVSoU1r8Wtazj6v01Lgc/nTfOJznRu0aZ6IZDEBfRySkCAkNOFD+Cj7XuWSpW9qsZeExNZt0rLpwsyt" +
      "euCZuP/lpb/RnwhsNz2FG6XQlv7FYg4/H7bwc/JfZTP5WlZDWIrNai9JAwtjN10XJJoeEGY1+MUyUwK26SloqdC1Pszj4yd4EPlM" +
      "ShiWZNXspKCqhxszje26oND3gLSrLix0pgyqrievC4WGCKPkWRp8pgpULCnT7yVtH26seCQpa/qwQKYNDEsoFBwNmOudpKkL8X9Y" +
      "0sVBSlKeYm+HLiiajFKbLDDXBvmkJ59IBecpmUt4FRLtJUva1GmU8uk5qY6SM/UjiUapTbIpQkqJDtNRykcpOUgab6RNN0oNfJQK" +
      "9EScmc53QA7ct14jHyVhoyTxRCpGyXa7OMGPcQLHKUrDQ7w12s5r0F2U5CgVB0lhjDhL1dukhoaHYGv4H/kwSuqMVHEWRGkbs8B0" +
      "LPHTYUljzAIElkgj3A2epVU1+KU2h7qTiJk5zm7bAdIYipKARU9BIWamjvfE65W/I5bkypJfagu3k1LD1bKyAwW1ue+AVBiaL6Bm" +
      "AnXfUxBSoq397Zw0UVtrT3f+LtNmllr/cqnXTROlnGuWK9gONFP1p8QVbHyygOIKnvaERN7HCp4noAl9rH2sYG3yb+v5R0tdT/dS" +
      "rcZVZQgz1f4QeFUxmHiotYEXPaHUa15V8jBFmPobzic8y7RZW1KzpSbRvG1vUe+ywel32aX+W8lfSvItLiVNLiWF6bV/ukrnJLqY" +
      "5C8mHRX1v41TUP/kanVG4jXipI3k3YeeH74+unocenkUJ40xWGel9rwUDV8cPTs+N5xIw3j5tnu7NFTdqdS/TXJ4Ku2GUer/eCoN" +
      "+7i9t7Rrlg9SJy8mFRhsrVvnvOwNSqimVk7UAkUJJJN+BbwqpEUjNlgHlcdhCVK2K8VjqTcY0lKVX7o2/VMgUbIpxe9TlnLF0gRI" +
      "WPptmiBZqkTzMFG1OJYaA1JCvkrddtNq3ErpKlFveXavJVzXvkT4TEqLevsifJZlt/phWNzKTWq7p7NzFUhLY1bOdbz1yMLCbrsY" +
      "J8MSIWQsbdvFYpnNNQ+BwtgTyYKCqqR1duAzxli4ZohSBdd13Ouy1FBY6Ns59z6Sf9YcS9ZiCNpK56qhj1IFFzu4vaQ99hKixB1X" +
      "VZxIlcMQklQ6V3LfW4rKtFMXpVrAdT1LxSjd4XUm43tsLWR/LJkmSsq5nKVEWFPupPypNLCkplHKz0j5lGcH5ZzhopHGFqtmlER1" +
      "RiqjJKoz0iRKHCf0CMo4aXaSOpYWeK2Ih0GZ4kSSHYagHkmNKo6l8dmxdKuC8lqydBJxOYySdfYgbXaSOZb0G+k0CxRhgISxromS" +
      "+FOZvbSL+ENmFqsoLTMVeBiUMNZtu0Nbw6+jUUrNKnV11yPciFavpo77+GK2l27kKmVpeZPNFzzETGxW2zU9lTwGlIIrOGaBIV1+" +
      "4chzBX83SkiK8luWdLKcJ1zQSL6rRfspiUcSR2FArXhVSXtgY0jXjaMgUKx3Eceroo5x0uugJryqYF2RoufhsXT4uIv1BfbDkypx" +
      "KamUl5Jq/QF1YlfpKl2lq/Q/l/4C/U5jTTV0358AAAAASUVORK5CYII=",
  },
  chi_sim: {
    text: "付款期限为十天。",
    png:
      "iVBORw0KGgoAAAANSUhEUgAAAPwAAABqAQAAAACw7wGUAAABs0lEQVR42u3UMWvcMBgG4O+akNtqsmU4qrF/oYVQQ//KDV0LWVwI" +
      "0WgypB669MBEf+WOg2ir5k65xnAeI5+GymD0Ftm5nI1D11KQRvHA++oTEuHvS1MAAfwDoCB+Q4luSwGOD4CFhDBQ+USfEHsB1JCa" +
      "5lA56VfEig4s6egZVHuQVA+cVWNgIJEVoOPEbDmrnyLKQ0ThO2yidJaYO87sGJREyKRSeWJ+HEr2gCSypDIPvhJDNgIpJHAjljMy" +
      "t5wtafIiuG7BmxZooqgPpvfSThbMR9xyhqz2gIj2wL3NpKWfaDtwBlH7iAFQ0o9zf4oO+Nh9xCfZgqWfwxxYdGDdm0MpNXVgOwdO" +
      "x6CQG0r8ZZnthcBZB1Y9YCSEbjvcXQj3rgPXQ7DQPJ3Z3cln5s6/tOCsByDrxe6Kju3udRI3l1ULzvkAfC9iWGtcAosWNB9izQ+g" +
      "ysu4TKxxl/wJWM428QGYXDL53hp3Ff+C8UAjLftAqCw9tcZ9jNYdWGP1+AyaqGGZjL6tjJumaXPkwRS67AHH7h+ZWRkXK+GmHjDY" +
      "h3j0sszgUdnwwwQQQAABBBDAfwj+AG5He0tp0s60AAAAAElFTkSuQmCC",
  },
  jpn: {
    text: "支払期限は十日間です。",
    png:
      "iVBORw0KGgoAAAANSUhEUgAAAVAAAABqAQAAAADCBTQLAAAB/0lEQVR42u3UsW7UQBAG4DkcxV2WdEGY24IXoAxSFEu8AA/BCyCl" +
      "uQJlLVG4iwsqpCh+FHxN3CDmFRwOnVtfttmTTv5hfWd7k1MQ9Lul9Wn8e2Y9hH8+5Kmnnv4frYFvAOfDw1b9hcoV+HrSHJIE8h1t" +
      "JonoTL5PqXlGstzSisKnqAZfz1Y/lUP1OmfgzqVEBLkAHcz00tLM0hq1pQlNABIObYIF0mimb11qAyQ0aWikqNEEtQ2gf5BkIod+" +
      "NnhEIbf0yqVdVq33PqtEEZG+UZJJuLT+ivUjyh2dKsnI7Ct3AcDfUcmBFhRCZl2Amz2a/ULh0gAvt/Sqo31fAUZeg7OBrlAiyIcO" +
      "PKQSyEa6tvQVCtvXD+C+r6UuAkYM5CM1YCNOO7p0aK150VGn6gZZNT2z10UvL3KX6o6mYqRK6umZsllvH9ByW7UYaXseY3oZp5G5" +
      "P/woORlGsMtavR9HEClE6pwOzP3RLGYK3ay2p2NWJMAJJIzR7QwcB25W0V3tsKdz4AVkPTO6/aQ4TtwA6R8q26CnFOMYsnxrdHsZ" +
      "89GJ2o3A0gLYxO1F34EoxHMS6bHR7TvBSeROqxJoVKv7v0CReUNCfJnrNky5UP20sBEwAncYqoaozClY6rluY97tAZsVm+5O1Whf" +
      "720X/dRiyfx+9dRTTz311FNPPfXUnt8sZ0dja48x9wAAAABJRU5ErkJggg==",
  },
  greek: {
    text: "Η σύμβαση ισχύει\nαπό την υπογραφή της.",
    png:
      "iVBORw0KGgoAAAANSUhEUgAAAWUAAABqAQAAAABM3313AAADL0lEQVR42u3WzarcNhQHcA+GeFc3u1mYeyh9gZRubmEYlT5J8gbT" +
      "3QSMdcOFeBOqbXd6FQ83XC31CjOoxFu73mhA6N/IvpP7ZU87LWTTMRgM54d0dKyvCCc8Njrrsz7rr6kdfx5tp3V46XG0G9EiQOwB" +
      "NMnjaD2pQ6879TiqJnXo1ZjHUT2p+567v6/JvVb/UFcJY1Qr41NWJRlDjWiOzOGdG9NRwmTQ7gWLkm8JtYvmxcIXUT6ifUZMBG1/" +
      "KTKKBWq7ypcLv8yeawvHB122Tc4pVahbxxe5X/BnmVxFvdZU36Zd0DToLMeEhux1YhoHGXTn+e8OSzY2yjutNsYGXX/R8bgWvW6D" +
      "FoNm7xzY9bG292Z/3/bGYUlTOtTEPtQ3bqwmQd9VcP95lJyCbl2vMaGJSKl990Arl+ej2i8ZUapu2nYbPmsYa3HzWY9m4jP2gSVx" +
      "ZZqqyAa9wrV/5S9yPjareMWj76rEvqCIU40mn+EaMx8V6YjeYIf5rx9Tn9IGVMPyBC9R4grpxH5CX9Zhv3r9T0d3n/+k3foknbMT" +
      "tH26cx3XoPNJ8j/QZpKYEa0mdT2i9aTWI1pOajmiaVLT16tg01WRT2Cji5VnDFJGsSXhEKOUn6hO0USL12jYoKsfq8jFQb9eMgkp" +
      "orhJS+tnfiY/pn/EQf/MKxr0++93O/sGUP4bYgJSl+WuvLHulfuBPiRbA5QuY6UcdJqYrrVBE5GAVForY1pr7ZplyrSAdozRXd5U" +
      "ms70mknSvdZd1+7d2rFLY/ZB8wv2UDsetJAastZatG3X+rVbXpr6iWbioLkQB703nX/ristuTNcHPeR9TOt7rQ/a1p1/6yfaPmSi" +
      "5Z126kgmxqHXiiB1r3Xrgn42SkqHCtaei1sGKbRWnUtbt7Z8ftB00DId/k7QnzgEaRWuTI11ls/VQRNkr39LTNvsAOO52AK3pJVR" +
      "npqVW7GrMmjlOJUQw6x6Y5p1DGyLXldMb5rU058zH6dVGvTWcar4oLetsUUC2IKLFmigd5bAumskYsuCDsd5w8TT1SDuP1k3HBD9" +
      "BRcgz3CCBp2kT2r7tEzcaZqfT5KzPut/rf8CgOD7XVJMOh4AAAAASUVORK5CYII=",
  },
} as const;
