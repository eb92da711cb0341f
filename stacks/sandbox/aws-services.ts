/**
 * Every service that AWS provider 5.100.0 takes an endpoint of, each under one of its names: a second name for the same service
 * is a warning. `terraform providers schema -json` lists them, and the warnings say which are the same.
 */
export const AWS_SERVICES: readonly string[] = `
accessanalyzer account acm acmpca amg amp amplify apigateway apigatewayv2 appautoscaling appconfig appfabric appflow
appintegrations applicationinsights applicationsignals appmesh appregistry apprunner appstream appsync athena
auditmanager autoscaling autoscalingplans backup batch bcmdataexports beanstalk bedrock bedrockagent billing budgets
ce chatbot chime chimesdkmediapipelines chimesdkvoice cleanrooms cloud9 cloudcontrol cloudformation cloudfront
cloudfrontkeyvaluestore cloudhsm cloudsearch cloudtrail cloudwatch codeartifact codebuild codecatalyst codecommit
codeconnections codeguruprofiler codegurureviewer codepipeline codestarconnections codestarnotifications
cognitoidentity cognitoidp comprehend computeoptimizer config connect connectcases controltower costoptimizationhub
cur customerprofiles databrew dataexchange datapipeline datasync datazone dax deploy detective devicefarm devopsguru
directconnect dlm dms docdb docdbelastic drs ds dsql dynamodb ec2 ecr ecrpublic ecs efs eks elasticache
elastictranscoder elb elbv2 emr emrcontainers emrserverless es events evidently evs finspace firehose fis fms fsx
gamelift glacier globalaccelerator glue greengrass groundstation guardduty healthlake iam identitystore imagebuilder
inspector inspector2 internetmonitor invoicing iot iotanalytics iotevents ivs ivschat kafkaconnect kendra keyspaces
kinesis kinesisanalytics kinesisanalyticsv2 kinesisvideo kms lakeformation lambda launchwizard lex lexmodelsv2
licensemanager lightsail location logs lookoutmetrics m2 macie2 mediaconnect mediaconvert medialive mediapackage
mediapackagev2 mediapackagevod mediastore memorydb mgn mq msk mwaa neptune neptunegraph networkfirewall networkmanager
networkmonitor notifications notificationscontacts oam opensearch opensearchserverless opsworks organizations osis
outposts paymentcryptography pcaconnectorad pcs pinpoint pinpointsmsvoicev2 pipes polly pricing qbusiness qldb
quicksight ram rbin rds redshift redshiftdata redshiftserverless rekognition resiliencehub resourceexplorer2
resourcegroups resourcegroupstagging rolesanywhere route53 route53domains route53profiles route53recoverycontrolconfig
route53recoveryreadiness route53resolver rum s3 s3control s3outposts s3tables sagemaker scheduler schemas sdb
secretsmanager securityhub securitylake serverlessrepo servicecatalog servicediscovery servicequotas ses sesv2 sfn
shield signer sns sqs ssm ssmcontacts ssmincidents ssmquicksetup ssmsap sso ssoadmin storagegateway sts swf synthetics
taxsettings timestreaminfluxdb timestreamquery timestreamwrite transcribe transfer verifiedpermissions vpclattice waf
wafregional wafv2 wellarchitected worklink workspaces workspacesweb xray
`
  .trim()
  .split(/\s+/);

/** An endpoint for every service, so that nothing in a person's environment can send a request elsewhere. */
export function endpointsAt(url: string): Readonly<Record<string, string>> {
  return Object.fromEntries(AWS_SERVICES.map((service) => [service, url]));
}
