/**
 * erfc and the inverse of erf as CHLO decomposes them: rational approximations of Cephes (Moshier)
 * and polynomials of Giles ("Approximating the erfinv function"), a set of coefficients for f32 and
 * one for f64. Coefficients stand from the highest power down.
 */
import type { Instruction } from '../../../ir/module.ts';
import type { Arithmetic } from './arithmetic.ts';

type Coefficients = readonly number[];

/** erf(x)/x on [-1, 1] as a polynomial of x². */
const erfSingle: Coefficients = [
  7.853861353153693e-5, -0.0008010193625184903, 0.005188327685732524, -0.02685381193529856,
  0.1128358514861418, -0.37612625824233, 1.12837916572671,
];

/** e^(x²) |x| erfc(|x|) as polynomials of 1/x²: below 2, and from 2 on. */
const erfcSingle: readonly [Coefficients, Coefficients] = [
  [
    0.02326819970068386, -0.1387039388740657, 0.3687424674597105, -0.5824733027278666,
    0.6210004621745983, -0.4944515323274145, 0.3404879937665872, -0.2741127028184656,
    0.5638259427386472,
  ],
  [
    -10.47766399936249, 12.97719955372516, -7.495518717768503, 2.921019019210786, -1.0152652792027,
    0.4218463358204948, -0.2820767439740514, 0.5641895067754075,
  ],
];

/** erf(x)/x on [-1, 1] as a quotient of polynomials of x². */
const erfDouble: readonly [Coefficients, Coefficients] = [
  [9.604973739870516, 90.02601972038427, 2232.005345946843, 7003.325141128051, 55592.30130103949],
  [
    1, 33.56171416475031, 521.3579497801527, 4594.323829709801, 22629.000061389095,
    49267.39426086359,
  ],
];

/** e^(x²) erfc(|x|) as quotients of polynomials of |x|: below 8, and from 8 on. */
const erfcDouble: readonly (readonly [Coefficients, Coefficients])[] = [
  [
    [
      2.461969814735305e-10, 0.5641895648310689, 7.463210564422699, 48.63719709856814,
      196.5208329560771, 526.4451949954773, 934.5285271719576, 1027.5518868951572,
      557.5353353693994,
    ],
    [
      1, 13.228195115474499, 86.70721408859897, 354.9377788878199, 975.7085017432055,
      1823.9091668790973, 2246.3376081871097, 1656.6630919416134, 557.5353408177277,
    ],
  ],
  [
    [
      0.5641895835477551, 1.275366707599781, 5.019050422511805, 6.160210979930536,
      7.4097426995044895, 2.9788666537210022,
    ],
    [
      1, 2.2605286322011726, 9.396035249380015, 12.048953980809666, 17.08144507475659,
      9.608968090632859, 3.369076451000815,
    ],
  ],
];

/** -x² below which e^-x² is nothing. */
const lowest = { f32: -88.72283905206835, f64: -709.782712893384 } as const;

function horner(m: Arithmetic, x: Instruction, coefficients: Coefficients): Instruction {
  return m.polynomial(x, coefficients.toReversed());
}

function quotient(
  m: Arithmetic,
  x: Instruction,
  [over, under]: readonly [Coefficients, Coefficients],
) {
  return m.div(horner(m, x, over), horner(m, x, under));
}

/** 1 - erf(x), without cancelling from 1 on. */
export function erfc(m: Arithmetic, x: Instruction): Instruction {
  const square = m.mul(x, x);
  const double = m.type === 'f64';
  const ratio = double ? quotient(m, square, erfDouble) : horner(m, square, erfSingle);
  const near = m.sub(1, m.mul(x, ratio));
  const size = m.abs(x);
  const decay = m.exp(m.neg(square));
  const tail = double ? tailDouble(m, size, decay) : tailSingle(m, size, square, decay);
  const gone = m.lt(m.neg(square), double ? lowest.f64 : lowest.f32);
  const right = m.choose([gone, 0], tail);
  return m.choose([m.lt(size, 1), near], [m.lt(x, 0), m.sub(2, right)], right);
}

function tailSingle(m: Arithmetic, size: Instruction, square: Instruction, decay: Instruction) {
  const inverse = m.div(1, square);
  const [below, above] = erfcSingle.map((c) => horner(m, inverse, c));
  return m.mul(m.mul(decay, m.div(1, size)), m.choose([m.lt(size, 2), below!], above!));
}

function tailDouble(m: Arithmetic, size: Instruction, decay: Instruction) {
  const [below, above] = erfcDouble.map(([over, under]) =>
    m.div(m.mul(decay, horner(m, size, over)), horner(m, size, under)),
  );
  return m.choose([m.lt(size, 8), below!], above!);
}

/** erfinv(x)/x as polynomials of a shifted w or √w, w = -ln(1 - x²); and where each is used. */
interface Piece {
  /** Values of w from here on belong to the next piece. */
  readonly limit: number;
  /** Subtracted from w, or from its root. */
  readonly shift: number;
  readonly root: boolean;
  readonly coefficients: Coefficients;
}

const inverseSingle: readonly Piece[] = [
  {
    limit: 5,
    shift: 2.5,
    root: false,
    coefficients: [
      2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
      -0.00417768164, 0.246640727, 1.50140941,
    ],
  },
  {
    limit: Infinity,
    shift: 3,
    root: true,
    coefficients: [
      -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
      0.00943887047, 1.00167406, 2.83297682,
    ],
  },
];

const inverseDouble: readonly Piece[] = [
  {
    limit: 6.25,
    shift: 3.125,
    root: false,
    coefficients: [
      -3.64441206401782e-21, -1.6850591381820166e-19, 1.28584807152564e-18, 1.1157877678025181e-17,
      -1.333171662854621e-16, 2.0972767875968562e-17, 6.637638134358324e-15, -4.054566272975207e-14,
      -8.151934197605472e-14, 2.6335093153082323e-12, -1.2975133253453532e-11,
      -5.415412054294628e-11, 1.0512122733215323e-9, -4.112633980346984e-9, -2.9070369957882005e-8,
      4.2347877827932404e-7, -1.3654692000834679e-6, -1.3882523362786469e-5, 0.00018673420803405714,
      -0.000740702534166267, -0.006033670871430149, 0.24015818242558962, 1.6536545626831027,
    ],
  },
  {
    limit: 16,
    shift: 3.25,
    root: true,
    coefficients: [
      2.2137376921775787e-9, 9.075656193888539e-8, -2.7517406297064545e-7, 1.8239629214389228e-8,
      1.5027403968909828e-6, -4.013867526981546e-6, 2.9234449089955446e-6, 1.2475304481671779e-5,
      -4.7318229009055734e-5, 6.828485145957318e-5, 2.4031110387097894e-5, -0.0003550375203628475,
      0.0009532893797373805, -0.0016882755560235047, 0.002491442096107851, -0.003751208507569241,
      0.005370914553590064, 1.0052589676941592, 3.0838856104922208,
    ],
  },
  {
    limit: Infinity,
    shift: 5,
    root: true,
    coefficients: [
      -2.7109920616438573e-11, -2.555641816996525e-10, 1.5076572693500548e-9, -3.789465440126737e-9,
      7.61570120807834e-9, -1.496002662714924e-8, 2.914795345090108e-8, -6.771199775845234e-8,
      2.2900482228026655e-7, -9.9298272942317e-7, 4.526062597223154e-6, -1.968177810553167e-5,
      7.599527703001776e-5, -0.00021503011930044477, -0.00013871931833623122, 1.0103004648645344,
      4.849906401408584,
    ],
  },
];

/** The y with erf(y) = x: ±inf at ±1, NaN beyond. */
export function inverseErf(m: Arithmetic, x: Instruction): Instruction {
  const w = m.neg(m.log1p(m.mul(x, m.neg(x))));
  const root = m.sqrt(w);
  const pieces = m.type === 'f64' ? inverseDouble : inverseSingle;
  const ratio = pieces
    .map((piece) => ({
      below: m.lt(w, piece.limit),
      value: horner(m, m.sub(piece.root ? root : w, piece.shift), piece.coefficients),
    }))
    .reduceRight<Instruction | undefined>(
      (otherwise, { below, value }) => (otherwise ? m.choose([below, value], otherwise) : value),
      undefined,
    )!;
  return m.choose([m.eq(m.abs(x), 1), m.mul(x, Infinity)], m.mul(ratio, x));
}
