/** Exact fractions of whole numbers, for the slow twin. */
export class Fraction {
  readonly top: bigint;
  readonly bottom: bigint;

  constructor(top: bigint | number, bottom: bigint | number = 1n) {
    const [a, b] = [BigInt(top), BigInt(bottom)];
    this.top = b < 0n ? -a : a;
    this.bottom = b < 0n ? -b : b;
  }

  plus(other: Fraction): Fraction {
    return new Fraction(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom).reduced();
  }

  minus(other: Fraction): Fraction {
    return this.plus(new Fraction(-other.top, other.bottom));
  }

  times(other: Fraction): Fraction {
    return new Fraction(this.top * other.top, this.bottom * other.bottom).reduced();
  }

  over(other: Fraction): Fraction {
    return this.times(new Fraction(other.bottom, other.top));
  }

  isBelow(other: Fraction): boolean {
    return this.top * other.bottom < other.top * this.bottom;
  }

  floor(): Fraction {
    const quotient = this.top / this.bottom;
    return new Fraction(this.top < 0n && quotient * this.bottom !== this.top ? quotient - 1n : quotient);
  }

  orAtLeast(least: Fraction): Fraction {
    return this.isBelow(least) ? least : this;
  }

  toNumber(): number {
    const whole = this.top / this.bottom;
    return Number(whole) + Number(((this.top - whole * this.bottom) * 10n ** 25n) / this.bottom) / 1e25;
  }

  reduced(): Fraction {
    let [a, b] = [this.top < 0n ? -this.top : this.top, this.bottom];
    while (b !== 0n) [a, b] = [b, a % b];
    return a > 1n ? new Fraction(this.top / a, this.bottom / a) : this;
  }
}
