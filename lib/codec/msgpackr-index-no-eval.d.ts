declare module 'msgpackr/index-no-eval' {
  export * from 'msgpackr';
}
